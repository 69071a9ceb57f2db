import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder of the ready-made scoring server, built first when its sources have changed. */
export const scoringRuntime = async (): Promise<string> => {
  await promisify(execFile)(process.execPath, ['scripts/build-scoring.mjs'], { cwd: root });
  return fileURLToPath(new URL('../../../dist/scoring', import.meta.url));
};
