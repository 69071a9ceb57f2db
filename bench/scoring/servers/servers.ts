import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Call } from '../../support/load.ts';
import { run } from '../../support/run.ts';
import type { Table } from '../models.ts';
import type { Server } from './server.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const invocations = {
  readyPath: '/ping',
  call: ({ columns, data }: Table): Call => ({
    method: 'POST',
    path: '/invocations',
    body: { dataframe_split: { columns, data } },
  }),
  predictions: (answer: unknown) => (answer as { readonly predictions: unknown }).predictions,
};

const MODEL_PACKAGES = ['mlflow', 'scikit-learn', 'lightgbm', 'pandas'];

const bytesOfPackages = async (bin: string, names: readonly string[]): Promise<number> =>
  Number((await run(join(bin, 'python'), [fromRoot('bench/scoring/installed_bytes.py'), ...names])).stdout);

const bytesOfFolder = async (folder: string): Promise<number> => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** The bundled Node server, as packaged images hold it. */
export const slipwayOnnx = async (): Promise<Server> => {
  const out = fromRoot('.cache/bench-scoring-server');
  await run(process.execPath, [fromRoot('scripts/build-scoring.mjs'), '--platform', 'host', '--out', out]);
  return {
    ...invocations,
    name: 'slipway onnx',
    description: 'the Node server of packaged images, serving the converted graph',
    form: 'onnx',
    installedBytes: () => bytesOfFolder(out),
    command: ({ modelFolder, port }) => ({
      program: process.execPath,
      args: [join(out, 'main.mjs')],
      env: { PORT: String(port), HOST: '127.0.0.1', MLFLOW_MODEL_URI: modelFolder },
    }),
  };
};

export const slipwayPython = (bin: string): Server => ({
  ...invocations,
  name: 'slipway python',
  description: 'the Python server of packaged images, in the environment of requirements.txt',
  form: 'python',
  installedBytes: async () =>
    (await bytesOfPackages(bin, [...MODEL_PACKAGES, 'uvicorn', 'pyyaml'])) +
    (await bytesOfFolder(fromRoot('scoring/python'))),
  command: ({ modelFolder, port }) => ({
    program: join(bin, 'python'),
    args: ['-I', '-S', fromRoot('scoring/python/main.py')],
    env: { PORT: String(port), HOST: '127.0.0.1', MLFLOW_MODEL_URI: modelFolder },
  }),
});

export const mlflow = (bin: string): Server => ({
  ...invocations,
  name: 'mlflow',
  description: 'mlflow models serve of requirements.txt, one worker',
  form: 'python',
  installedBytes: () => bytesOfPackages(bin, MODEL_PACKAGES),
  command: ({ modelFolder, port }) => ({
    program: join(bin, 'mlflow'),
    args: ['models', 'serve', '--env-manager', 'local', '--workers', '1', '-p', String(port), '-m', modelFolder],
    env: { PATH: `${bin}:${process.env['PATH']}`, MLFLOW_DISABLE_TELEMETRY: 'true' },
  }),
});

export const azureMl = (bin: string): Server => ({
  name: 'azureml',
  description:
    'azureml-inference-server-http of requirements-azureml.txt, one worker, with the script of MLflow models',
  form: 'python',
  installedBytes: () =>
    bytesOfPackages(bin, ['azureml-inference-server-http', 'mlflow-skinny', ...MODEL_PACKAGES.slice(1)]),
  readyPath: '/',
  call: (rows) => ({ method: 'POST', path: '/score', body: { input_data: rows } }),
  predictions: (answer) => answer,
  command: ({ modelFolder, port }) => ({
    program: join(bin, 'azmlinfsrv'),
    args: [
      ...['--entry_script', fromRoot('bench/scoring/azureml/score.py')],
      ...['--port', String(port), '--health_port', String(port)],
    ],
    env: { PATH: `${bin}:${process.env['PATH']}`, WORKER_COUNT: '1', AZUREML_MODEL_DIR: modelFolder },
  }),
});

/** Without worker processes, which do not start on every Python: predictions run where requests are taken. */
export const mlServer = (bin: string): Server => ({
  ...invocations,
  name: 'mlserver',
  description: 'mlserver with mlserver-mlflow of requirements-mlserver.txt, in one process',
  form: 'python',
  installedBytes: () => bytesOfPackages(bin, ['mlserver', 'mlserver-mlflow', ...MODEL_PACKAGES]),
  command: ({ modelFolder, port }) => ({
    program: join(bin, 'mlserver'),
    args: ['start', modelFolder],
    env: {
      PATH: `${bin}:${process.env['PATH']}`,
      MLSERVER_HOST: '127.0.0.1',
      MLSERVER_HTTP_PORT: String(port),
      MLSERVER_GRPC_PORT: '0',
      MLSERVER_METRICS_PORT: '0',
      MLSERVER_PARALLEL_WORKERS: '0',
      MLSERVER_DEBUG: 'false',
      MLSERVER_MODEL_NAME: 'bench',
      MLSERVER_MODEL_IMPLEMENTATION: 'mlserver_mlflow.MLflowRuntime',
      MLSERVER_MODEL_URI: modelFolder,
    },
  }),
});

/** How far anything in Node could come. */
export const bareServer: Server = {
  ...invocations,
  name: 'bare node',
  description: 'node:http, JSON.parse and onnxruntime-node, nothing checked',
  form: 'onnx',
  installedBytes: () => bytesOfFolder(fromRoot('node_modules/onnxruntime-node')),
  command: ({ modelFolder, port }) => ({
    program: process.execPath,
    args: [fromRoot('bench/scoring/bare-server/bare-server-app.ts')],
    env: { PORT: String(port), MODEL: join(modelFolder, 'model.onnx') },
  }),
};
