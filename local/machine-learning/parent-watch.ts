import { Socket } from 'node:net';

/**
 * Loaded into every Node container before its own code: ends the container's process group when the emulator is
 * gone, however that died, because then the other end of descriptor 3 closes.
 */
const watch = new Socket({ fd: 3, readable: true, writable: false });
watch.on('error', () => undefined);
watch.on('close', () => process.kill(-process.pid, 'SIGKILL'));
watch.resume();
watch.unref();
