import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../../local/free-port.ts';
import { pythonEnvironment } from '../python/environment.ts';
import { until } from '../until.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const PYTHON_PARTS = fromRoot('test/integration/scoring/python');

/** A server of a model in a process of its own. */
export interface ServedModel {
  readonly url: string;
  /** What it wrote so far. */
  output(): string;
  /** Sends the signal; resolves with how the process ended and after how many milliseconds. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly ms: number }>;
}

export type ServerKind = 'node' | 'python' | 'mlflow';

export interface ServeOptions {
  readonly kind: ServerKind;
  /** A Python with MLflow. */
  readonly python: string;
  readonly modelFolder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The packages of the conformance tests, or why they are missing. */
export const scoringPython = () => pythonEnvironment(new URL(`file://${PYTHON_PARTS}/requirements-scoring.txt`));

/** Folder of the models that `make_models.py` describes, and how to remove it. */
export const makeModels = async (python: string): Promise<{ folder: string; remove: () => Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-scoring-'));
  await runPython(python, 'make_models.py', [folder]);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
};

/** Runs a script beside the tests; resolves with its lines on stdout. */
export const runPython = async (
  python: string,
  script: string,
  args: readonly string[] = [],
): Promise<readonly string[]> => {
  const options = { env: environment(), maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(python, [join(PYTHON_PARTS, script), ...args], options);
  return stdout.trimEnd().split('\n');
};

/** Starts the server; resolves once it answers. */
export const serveModel = async (options: ServeOptions): Promise<ServedModel> => {
  const port = await freePort();
  const [command, ...args] = commandOf(options, port);
  const child = spawn(command, args, {
    env: {
      ...environment(),
      HOST: '127.0.0.1',
      PORT: String(port),
      MLFLOW_MODEL_URI: options.modelFolder,
      // MLflow's own name for it.
      __pyfunc_model_path__: options.modelFolder,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const stop = (): void => kill(child, 'SIGKILL');
  process.once('exit', stop);
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const output = (): string => Buffer.concat(chunks).toString();
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  const isUp = (): Promise<boolean> =>
    fetch(`${url}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
  await Promise.race([
    until(`the ${options.kind} server to answer`, isUp, { withinMs: 60_000, everyMs: 100 }),
    exited.then(() => Promise.reject(new Error(`the ${options.kind} server ended:\n${output().slice(-3000)}`))),
  ]).catch((error: unknown) => {
    stop();
    throw error;
  });
  return {
    url,
    output,
    end: async (signal) => {
      const started = Date.now();
      kill(child, signal);
      const code = await exited;
      process.off('exit', stop);
      kill(child, 'SIGKILL');
      return { code, ms: Date.now() - started };
    },
  };
};

const MLFLOW_APP = 'mlflow.pyfunc.scoring_server.app:app';

const commandOf = ({ kind, python }: ServeOptions, port: number): [string, ...string[]] => {
  switch (kind) {
    case 'node':
      return [process.execPath, fromRoot('scoring/main.ts')];
    case 'python':
      return [python, '-I', '-S', fromRoot('scoring/python/main.py')];
    case 'mlflow':
      // What `mlflow models serve` ends in; its own call needs console scripts, which a moved environment has not.
      return [python, '-m', 'uvicorn', '--host', '127.0.0.1', '--port', String(port), MLFLOW_APP];
  }
};

/** Nothing of this environment but where programs are. */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: tmpdir(),
  MLFLOW_DISABLE_TELEMETRY: 'true',
  GIT_PYTHON_REFRESH: 'quiet',
});

const kill = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
};
