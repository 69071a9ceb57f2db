import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from 'undici';

/** Runs a program to its end. @throws Error with what it printed when it ends with anything but 0 */
export const run = (program: string, args: readonly string[], env: Record<string, string> = {}) =>
  promisify(execFile)(program, [...args], { env: { ...process.env, ...env }, maxBuffer: 1e8 });

/** A program that serves until it is stopped, with everything it started. */
export interface Serving {
  /** Of the server, and of the process group of all it starts. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts a server in a process group of its own and waits until it answers at `readyUrl`.
 *
 * @throws Error with the end of its output when it ends, or is silent for two minutes
 */
export const serve = async (
  program: string,
  args: readonly string[],
  { env = {}, readyUrl }: { readonly env?: Record<string, string>; readonly readyUrl: string },
): Promise<Serving> => {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  for (const deadline = Date.now() + 120_000; !(await answers(readyUrl)); await sleep(100)) {
    if (child.exitCode === null && Date.now() < deadline) continue;
    await stop(child);
    throw new Error(`${program} does not serve at ${readyUrl}:\n${output}`);
  }
  return { pid: child.pid ?? -1, stop: () => stop(child) };
};

const answers = async (url: string): Promise<boolean> => {
  try {
    const { statusCode, body } = await request(url);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
};
