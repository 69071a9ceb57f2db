import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../../.cache/', import.meta.url));

/** Installs packages many times faster than pip does. */
const INSTALLER = 'uv==0.13.9';

const INTERPRETERS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/** A Python with packages of its own, or why there is none. */
export type PythonEnvironment =
  | { readonly python: string; readonly missing?: never }
  | { readonly python?: never; readonly missing: string };

/**
 * The virtual environment of a requirements file: made once for each content of it and each Python, kept in `.cache`.
 * Never throws: where Python 3.10 or the package index is missing, it says so.
 */
export const pythonEnvironment = async (requirements: URL): Promise<PythonEnvironment> => {
  const base = await interpreter();
  if (base === undefined) return { missing: 'there is no Python 3.10 or newer' };
  const file = fileURLToPath(requirements);
  const name = basename(file, '.txt').replace(/^requirements-/, '');
  const digest = createHash('sha256')
    .update(base.version)
    .update(INSTALLER)
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 12);
  const folder = join(CACHE, `venv-${name}-${digest}`);
  if (existsSync(folder)) return { python: pythonOf(folder) };

  const aside = `${folder}.part-${process.pid}`;
  const started = Date.now();
  process.stderr.write(`installing the Python packages of ${basename(file)} (about 10 s, once) ...\n`);
  try {
    await make(base.command, aside, file);
    // Whole or not at all, also for a second run at the same time.
    await rename(aside, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    return { missing: `the packages of ${basename(file)} could not be installed: ${reasonOf(error)}` };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  process.stderr.write(`installed in ${Math.round((Date.now() - started) / 1000)} s\n`);
  return { python: pythonOf(folder) };
};

const pythonOf = (folder: string): string =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');

const make = async (base: string, folder: string, requirements: string): Promise<void> => {
  await mkdir(CACHE, { recursive: true });
  await run(base, ['-m', 'venv', folder]);
  const python = pythonOf(folder);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', INSTALLER]);
  await run(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', python, '-r', requirements], {
    env: { ...process.env, UV_CACHE_DIR: join(CACHE, 'uv') },
  });
};

const interpreter = async (): Promise<{ readonly command: string; readonly version: string } | undefined> => {
  const question = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])';
  for (const command of INTERPRETERS) {
    const version = await run(command, ['-c', question]).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major === 3 && minor >= 10) return { command, version };
  }
  return undefined;
};

const reasonOf = (error: unknown): string => {
  const { stderr = '', message } = error as Error & { stderr?: string };
  const last = stderr.trim().split('\n').slice(-3).join(' ');
  return last === '' ? message : last;
};
