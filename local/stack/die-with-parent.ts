/** Loaded into every child of the stack: ends it when the supervisor is gone, so that no orphan holds a port. */
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, 500).unref();
