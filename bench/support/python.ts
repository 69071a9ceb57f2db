import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';

const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));

/**
 * A virtual environment with exactly what the requirements file names, made once per content of the file.
 *
 * @returns its `bin` directory
 * @throws Error when there is no Python 3 or the packages cannot be had
 */
export const pythonEnvironment = async (requirements: URL): Promise<string> => {
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = join(CACHE, `bench-python-${digest}`);
  const bin = join(folder, 'bin');
  if (existsSync(join(folder, 'ready'))) return bin;
  process.stderr.write('installing the Python packages of the peers (a minute or two, once)\n');
  await rm(folder, { recursive: true, force: true });
  await mkdir(CACHE, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', fileURLToPath(requirements)]);
  await mkdir(join(folder, 'ready.tmp'));
  await rename(join(folder, 'ready.tmp'), join(folder, 'ready'));
  return bin;
};
