import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';

const run = promisify(execFile);

const SCRIPT = fileURLToPath(new URL('train_models.py', import.meta.url));

/** What the models of `train_models.py` are made with. */
export const MODEL_REQUIREMENTS = new URL('requirements-models.txt', import.meta.url);

const trained = z.record(
  z.string(),
  z.object({
    /** What MLflow itself answers to the rows of every form. */
    expected: z.array(z.unknown()),
    /** Bodies of requests with the same rows; that of CSV is a text. */
    forms: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.unknown())])),
  }),
);

export type TrainedModels = z.output<typeof trained>;

/** Trains the models and logs them with the plain MLflow client; returns what they must answer, by name. */
export const trainModels = async (python: string, trackingUri: string): Promise<TrainedModels> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-train-'));
  const report = join(folder, 'report.json');
  try {
    await run(python, [SCRIPT, report], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        MLFLOW_TRACKING_URI: trackingUri,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        DO_NOT_TRACK: 'true',
        GIT_PYTHON_REFRESH: 'quiet',
        OMP_NUM_THREADS: '1',
      },
    });
    return trained.parse(JSON.parse(await readFile(report, 'utf8')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
