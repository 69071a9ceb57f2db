import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { freePorts } from '../../local/demo/free-ports.ts';
import type { Ports } from '../../local/stack/ports.ts';
import { type CallOptions, callRaw, type Reply } from './http-call.ts';
import { descendantsOf, type ProcessInfo } from './stack-processes.ts';

const MAIN = fileURLToPath(new URL('../../local/stack/main.ts', import.meta.url));

export interface TestStackOptions {
  readonly flags?: readonly string[];
  /** Kept when given; otherwise a folder of its own that `remove` deletes. */
  readonly dataDir?: string;
  readonly ports?: Ports;
}

const credentialsSchema = z.record(z.string(), z.string());

/** The embedded stack as a user starts it: a process of its own, and whatever that starts. */
export interface TestStack {
  readonly ports: Ports;
  readonly dataDir: string;
  readonly apiUrl: string;
  readonly azureUrl: string;
  readonly pid: number;
  /** What it printed so far. */
  output(): string;
  /** A request to the Functions host. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** A request to the Azure emulator. */
  callAzure(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Connection string of its blobs and queues; the account is Azurite's documented one. */
  readonly storage: string;
  credentials(): Promise<Readonly<Record<string, string>>>;
  processes(): readonly ProcessInfo[];
  /** Pid of the child that runs this script, such as `local/host/main.ts`; undefined while it does not run. */
  pidOf(script: string): number | undefined;
  /** Sends a signal and resolves with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** Ends it if need be, and deletes a data folder of its own. */
  remove(): Promise<void>;
  /** The last lines of everything it logged. */
  tails(): Promise<string>;
}

/** A start that failed: how it ended, and what it said. */
export class StackDidNotStart extends Error {
  override readonly name = 'StackDidNotStart';
  readonly exit: number | NodeJS.Signals | null;
  readonly output: string;
  readonly pid: number;
  constructor(exit: number | NodeJS.Signals | null, output: string, pid: number) {
    super(`the stack ended with ${exit} before it was up:\n${output}`);
    this.exit = exit;
    this.output = output;
    this.pid = pid;
  }
}

/**
 * Starts the stack on free ports and resolves when it says that it is up.
 *
 * @throws StackDidNotStart
 */
export const startTestStack = async (options: TestStackOptions = {}): Promise<TestStack> => {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'slipway-e2e-')));
  const ports = options.ports ?? (await freePorts());
  const { child, output, exited } = launch(dataDir, ports, options.flags ?? []);
  await saysThatItIsUp(child, output, exited);

  const [apiUrl, azureUrl] = [`http://127.0.0.1:${ports.host}`, `http://127.0.0.1:${ports.azure}`];
  const pid = child.pid ?? -1;
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    ports,
    dataDir,
    apiUrl,
    azureUrl,
    pid,
    output: () => output.join('\n'),
    call: (method, path, call) => callRaw(apiUrl, method, path, call),
    callAzure: (method, path, call) => callRaw(azureUrl, method, path, call),
    storage: storageOf(ports),
    credentials: async () =>
      credentialsSchema.parse(JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8'))),
    processes: () => descendantsOf(pid),
    pidOf: (script) => descendantsOf(pid).find(({ command }) => command.includes(script))?.pid,
    end,
    async remove() {
      await end('SIGTERM');
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
    tails: async () => `--- output\n${output.slice(-20).join('\n')}\n${await logTails(join(dataDir, 'logs'))}`,
  };
};

const storageOf = ({ blob, queue }: Ports): string =>
  [
    'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1',
    'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
    `BlobEndpoint=http://127.0.0.1:${blob}/devstoreaccount1;QueueEndpoint=http://127.0.0.1:${queue}/devstoreaccount1;`,
  ].join(';');

/** What a terminal of this machine has, and no more. */
const machineEnvironment = () => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'],
});

const launch = (dataDir: string, ports: Ports, flags: readonly string[]) => {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      MAIN,
      ...['--port', String(ports.host), '--azure-port', String(ports.azure), '--cosmos-port', String(ports.cosmos)],
      ...['--blob-port', String(ports.blob), '--queue-port', String(ports.queue), '--data', dataDir, ...flags],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: machineEnvironment() },
  );
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => output.push(line));
  }
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  void exited.then(() => process.off('exit', killWithUs));
  return { child, output, exited };
};

const saysThatItIsUp = async (
  child: ChildProcess,
  output: readonly string[],
  exited: Promise<number | NodeJS.Signals | null>,
): Promise<void> => {
  const up = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => {
      if (output.some((line) => line.includes('Slipway is up'))) resolve();
    });
  });
  const failed = exited.then((exit) => {
    throw new StackDidNotStart(exit, output.join('\n'), child.pid ?? -1);
  });
  await Promise.race([up, failed]);
};

const TAIL_LINES = 40;

const logTails = async (folder: string): Promise<string> => {
  const names = await readdir(folder).catch(() => []);
  const tails = await Promise.all(
    names.map(async (name) => {
      const all = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
      // What went well is most of a log, and tells nothing.
      const lines = all.filter((line) => !line.includes('(Succeeded)'));
      return `--- ${name}\n${lines.slice(-TAIL_LINES).join('\n')}`;
    }),
  );
  return tails.join('\n');
};
