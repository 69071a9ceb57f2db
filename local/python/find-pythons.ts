import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python of this machine that models can be served with. */
export interface Python {
  /** Such as `3.11`: what an environment is resolved for. */
  readonly minor: string;
  /** Such as `3.11.7`. */
  readonly version: string;
  /** Of the interpreter itself, never of a shim or a virtual environment. */
  readonly path: string;
}

export interface WhereToLook {
  /** Folders with interpreters, as PATH has them. */
  readonly path?: string;
  /** Where pyenv and uv keep one folder per installed Python. */
  readonly installations?: readonly string[];
}

/** MLflow 3 needs 3.10; older models of its second generation were logged with 3.8 and newer. */
const OLDEST_MINOR = 8;
const INTERPRETER = /^python3(\.\d+)?$/;
const ANSWER_WITHIN_MS = 5_000;

/** CPython 3 only, and of a virtual environment the interpreter it was made from. */
const QUESTION = `
import os, sys
own = os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable)
print(sys.implementation.name, '%d.%d.%d' % sys.version_info[:3], own)
`;

/**
 * The Pythons of this machine, one of each minor version, the oldest first: those on PATH, of pyenv and of uv, each
 * asked for its version. Of two with the same minor the later patch is taken.
 */
export const findPythons = async (where: WhereToLook = {}): Promise<readonly Python[]> => {
  const candidates = await Promise.all([
    ...(where.path ?? defaultPath()).split(delimiter).map(interpretersIn),
    ...(where.installations ?? defaultInstallations()).map(installedIn),
  ]);
  const asked = await Promise.all([...new Set(candidates.flat())].map(ask));
  const best = new Map<string, Python>();
  for (const python of asked) {
    if (python === undefined) continue;
    const known = best.get(python.minor);
    if (known === undefined || partOf(python.version, 2) > partOf(known.version, 2)) best.set(python.minor, python);
  }
  return [...best.values()].toSorted((a, b) => partOf(a.minor, 1) - partOf(b.minor, 1));
};

const defaultPath = (): string => [process.env['PATH'], '/usr/local/bin', '/usr/bin'].filter(Boolean).join(delimiter);

const defaultInstallations = (): readonly string[] => [
  join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions'),
  process.env['UV_PYTHON_INSTALL_DIR'] ?? join(homedir(), '.local', 'share', 'uv', 'python'),
];

const interpretersIn = async (folder: string): Promise<readonly string[]> => {
  // A shim answers for whatever version a file somewhere above names; what it stands for is found itself.
  if (folder === '' || folder.split('/').includes('shims')) return [];
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => INTERPRETER.test(name)).map((name) => join(folder, name));
};

const installedIn = async (folder: string): Promise<readonly string[]> => {
  const versions = await readdir(folder).catch(() => []);
  const found = await Promise.all(versions.map((version) => interpretersIn(join(folder, version, 'bin'))));
  return found.flat();
};

const ask = async (command: string): Promise<Python | undefined> => {
  try {
    if (!(await stat(command)).isFile()) return undefined;
    const { stdout } = await run(command, ['-I', '-S', '-c', QUESTION], { timeout: ANSWER_WITHIN_MS });
    const [, implementation, version = '', path = ''] = /^(\S+) (\S+) (.+)$/m.exec(stdout) ?? [];
    if (implementation !== 'cpython' || partOf(version, 0) !== 3 || partOf(version, 1) < OLDEST_MINOR) return undefined;
    return { minor: version.split('.').slice(0, 2).join('.'), version, path };
  } catch {
    // Broken, or no Python at all: as if it were not there.
    return undefined;
  }
};

const partOf = (version: string, at: number): number => Number(version.split('.')[at]);
