import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  readonly name: string;
  /** Script and its arguments; run by this very Node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Its log goes here; stdout is read for the line that says it is ready. */
  readonly logFile: string;
  readonly readyWithinMs: number;
  /** Told when the child ended without being asked to. */
  readonly onExit: (reason: string) => void;
}

/** A running child of the stack. */
export interface Child {
  readonly pid: number;
  /** SIGTERM, and SIGKILL when it has not ended within `graceMs`. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL; resolves when it is gone. It is not taken for a crash. */
  kill(): Promise<void>;
}

/**
 * Starts a child and resolves when it has printed its line `{"ready":true}`.
 *
 * @throws Error with the end of its log when it ends or stays silent
 */
export const startChild = async (options: ChildOptions): Promise<Child> => {
  await mkdir(dirname(options.logFile), { recursive: true });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...options.args], {
    env: { ...ownEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  child.stderr.pipe(log, { end: false });
  const tail: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > 20) tail.shift();
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  await ready(child, exited, options, tail);

  let asked = false;
  void exited.then((reason) => {
    log.end();
    if (!asked) options.onExit(reason);
  });
  return {
    pid: child.pid ?? -1,
    async stop(graceMs) {
      asked = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      asked = true;
      child.kill('SIGKILL');
      await exited;
    },
  };
};

/** What every process needs to know of this machine, such as which certificates its network has of its own. */
const HANDED_DOWN = ['PATH', 'HOME', 'NODE_EXTRA_CA_CERTS', 'NODE_USE_SYSTEM_CA'] as const;

const ownEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    HANDED_DOWN.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const ready = async (child: ChildProcess, exited: Promise<string>, options: ChildOptions, tail: readonly string[]) => {
  const failure = (what: string) => new Error(`${options.name} ${what}\n${tail.join('\n')}`);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(failure(`was not ready within ${options.readyWithinMs} ms`));
    }, options.readyWithinMs);
    void exited.then((reason) => reject(failure(`ended at start (${reason})`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.includes('"ready":true')) return;
      clearTimeout(timer);
      resolve();
    });
  });
};
