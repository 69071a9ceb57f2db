import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = new URL('../../local/host/main.ts', import.meta.url).pathname;
const APPS = new URL('./host-app/', import.meta.url);

export interface HostProcess {
  readonly url: string;
  readonly ready: { readonly functions: number; readonly refused: readonly string[] };
  /** Milliseconds from spawning the process to its ready line. */
  readonly readyMs: number;
  readonly dataDir: string;
  readonly logs: readonly { readonly level: string; readonly category: string; readonly message: string }[];
  readonly pid: number;
  /** Ends the process; the result is its exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

export interface HostProcessOptions {
  /** A file of `test/support/host-app`. */
  readonly app: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Kept when given; otherwise a folder of its own that goes with the process. */
  readonly dataDir?: string;
}

/** A Functions host with a fixture app, in a process of its own, once it listens. */
export const startHostProcess = async (options: HostProcessOptions): Promise<HostProcess> => {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'slipway-host-')));
  const app = new URL(options.app, APPS).pathname;
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [MAIN, '--port', '0', '--app', app, '--data-dir', dataDir, ...(options.flags ?? [])],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], ...options.settings } },
  );
  const logs: HostProcess['logs'][number][] = [];
  createInterface({ input: child.stderr }).on('line', (line) => logs.push(parseLog(line)));
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const ready = await Promise.race([readyLine(child), exited.then((code) => Promise.reject(ended(code, logs)))]);
  return {
    ...ready,
    ready,
    readyMs: performance.now() - startedAt,
    dataDir,
    logs,
    pid: child.pid ?? 0,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const code = await exited;
      process.off('exit', killWithUs);
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      return code;
    },
  };
};

const parseLog = (line: string): HostProcess['logs'][number] => {
  try {
    return JSON.parse(line) as HostProcess['logs'][number];
  } catch {
    return { level: 'raw', category: 'raw', message: line };
  }
};

const ended = (code: unknown, logs: readonly object[]): Error =>
  new Error(`the host ended with ${String(code)} before it was ready: ${JSON.stringify(logs.slice(-5))}`);

const readyLine = (child: ChildProcess): Promise<{ url: string; functions: number; refused: string[] }> =>
  new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"ready":true')) resolve(JSON.parse(line));
    });
  });
