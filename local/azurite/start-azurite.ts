import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

/** Azurite's documented account; it is no secret. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface AzuriteOptions {
  /** Where data is kept; memory only when absent. */
  readonly location?: string;
  /** Absent: a free one. */
  readonly blobPort?: number;
  readonly queuePort?: number;
  /** What Azurite prints goes here; nowhere when absent. */
  readonly logFile?: string;
}

export interface Azurite {
  readonly connectionString: string;
  readonly blobEndpoint: string;
  readonly queueEndpoint: string;
  readonly process: ChildProcess;
  /** Ends it with SIGTERM, on which it writes its data, and after five seconds with SIGKILL. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5000;

/** Azurite by itself outlives a parent that was killed, and keeps its ports. */
const DIE_WITH_PARENT = new URL('../stack/die-with-parent.ts', import.meta.url).href;

/**
 * Azurite's blob and queue services, in a child process that answers.
 *
 * @throws Error when a port is taken, and when it exits or does not answer within 30 s
 */
export const startAzurite = async (options: AzuriteOptions = {}): Promise<Azurite> => {
  const ports = { blob: options.blobPort ?? (await freePort()), queue: options.queuePort ?? (await freePort()) };
  for (const port of [ports.blob, ports.queue]) {
    // Whoever answers there would be taken for Azurite.
    if (await answers(port)) throw new Error(`port ${port} is in use`);
  }
  const child = await spawnAzurite(options, ports);
  // At once on every exit but SIGKILL, after which it ends by itself within a second.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  try {
    await Promise.all([waitForPort(child, ports.blob), waitForPort(child, ports.queue)]);
  } catch (error) {
    kill();
    throw error;
  }
  const blobEndpoint = `http://${HOST}:${ports.blob}/${ACCOUNT}`;
  const queueEndpoint = `http://${HOST}:${ports.queue}/${ACCOUNT}`;
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${blobEndpoint};QueueEndpoint=${queueEndpoint};`,
    blobEndpoint,
    queueEndpoint,
    process: child,
    close: () => stop(child),
  };
};

const spawnAzurite = async (
  { location, logFile }: AzuriteOptions,
  ports: { readonly blob: number; readonly queue: number },
): Promise<ChildProcess> => {
  if (location !== undefined) await mkdir(location, { recursive: true });
  if (logFile !== undefined) await mkdir(dirname(logFile), { recursive: true });
  const log = logFile === undefined ? undefined : await open(logFile, 'a');
  const output = log?.fd ?? 'ignore';
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', '--import', DIE_WITH_PARENT],
      binPath(),
      ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
      ...(location === undefined ? ['--inMemoryPersistence'] : ['--location', location]),
      ...['--blobHost', HOST, '--queueHost', HOST, '--tableHost', HOST],
      ...['--blobPort', String(ports.blob), '--queuePort', String(ports.queue), '--tablePort', '0'],
    ],
    // Its own pipes are not inherited: a child holding ours would keep a crashed parent's readers waiting.
    { stdio: ['ignore', output, output] },
  );
  await log?.close();
  return child;
};

const binPath = (): string => {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('azurite/package.json')), 'dist', 'src', 'azurite.js');
};

const waitForPort = async (child: ChildProcess, port: number): Promise<void> => {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`Azurite ended with exit code ${child.exitCode} while starting`);
    if (await answers(port)) return;
    await sleep(50);
  }
  throw new Error(`Azurite did not answer on port ${port} within ${READY_WITHIN_MS} ms`);
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: HOST, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
};
