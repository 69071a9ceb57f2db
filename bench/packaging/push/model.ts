import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MIB = 2 ** 20;

const mlmodel = (runId: string): string =>
  [
    'artifact_path: model',
    'flavors:',
    '  python_function:',
    '    loader_module: mlflow.sklearn',
    '    model_path: model.pkl',
    '    env: {conda: conda.yaml, virtualenv: python_env.yaml}',
    '    python_version: 3.11.7',
    `run_id: ${runId}`,
    "utc_time_created: '2026-01-02 03:04:05.000006'",
    '',
  ].join('\n');

/** A model whose weights are random bytes, which no encoding makes smaller. @returns the size of its weights in bytes */
export const writeModel = async (folder: string, megabytes: number): Promise<number> => {
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, 'model.pkl'), 'w');
  const size = megabytes * 1e6;
  const block = Buffer.allocUnsafe(MIB);
  for (let at = 0; at < size; at += MIB) await file.write(randomFillSync(block), 0, Math.min(MIB, size - at));
  await file.close();
  await writeFile(join(folder, 'requirements.txt'), 'mlflow==3.17.2\nscikit-learn==1.7.2\n');
  await writeFile(join(folder, 'python_env.yaml'), 'python: 3.11.7\ndependencies:\n- -r requirements.txt\n');
  await relog(folder, 'a'.repeat(32));
  return size;
};

/** The same weights, logged by another run. */
export const relog = (folder: string, runId: string): Promise<void> =>
  writeFile(join(folder, 'MLmodel'), mlmodel(runId));

/** MD5 of every file, which an artifact store keeps from the upload on. */
export const writeContentIds = async (folder: string, file: string): Promise<void> => {
  const ids: Record<string, string> = {};
  for (const name of await readdir(folder)) {
    const hash = createHash('md5');
    for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk as Buffer);
    ids[name] = hash.digest('hex');
  }
  await writeFile(file, JSON.stringify(ids));
};
