import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConversionRequest } from './conversion-request.ts';
import { runLimited } from './run-limited.ts';

/** What converts, beside the model's own packages. */
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const INSTALLER = 'uv==0.13.9';
const INSTALL_WITHIN_MS = 10 * 60_000;
/** How packages are reached here, and nothing else of this process's environment. */
const PASSED_ON = /^(?:UV_|PIP_|SSL_CERT_|https?_proxy$|no_proxy$|all_proxy$)/i;

export interface EnvironmentOptions {
  readonly folder: string;
  /** Interpreters by minor version. */
  readonly pythons: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * The Python of an environment that holds the model's packages and the converters; made once per content.
 *
 * @returns the interpreter, or the reason in one sentence why there is none
 */
export const ensurePython = async (
  options: EnvironmentOptions,
  request: ConversionRequest,
): Promise<{ readonly python: string } | { readonly problem: string }> => {
  const base = options.pythons[request.python];
  if (base === undefined) {
    const there = Object.keys(options.pythons).join(', ') || 'none';
    return { problem: `the model wants Python ${request.python}, and the converter has ${there}` };
  }
  const { requirements, constraints, indexUrl, extraIndexUrls, python } = request;
  const own = await readFile(REQUIREMENTS, 'utf8');
  const content = JSON.stringify([python, base, requirements, constraints, indexUrl, extraIndexUrls, own]);
  const folder = join(options.folder, createHash('sha256').update(content).digest('hex').slice(0, 24));
  if (!existsSync(folder)) {
    const problem = await make(options, { base, folder }, request);
    if (problem !== undefined) return { problem };
  }
  return { python: join(folder, 'bin', 'python') };
};

const make = async (
  { folder: root, signal }: EnvironmentOptions,
  { base, folder }: { readonly base: string; readonly folder: string },
  { requirements, constraints, indexUrl, extraIndexUrls }: ConversionRequest,
): Promise<string | undefined> => {
  const aside = `${folder}.part-${process.pid}`;
  const env = environmentFor(root);
  const run = (program: string, args: readonly string[]) =>
    runLimited({ program, args, folder: root, env, timeoutMs: INSTALL_WITHIN_MS, signal });
  try {
    await mkdir(root, { recursive: true });
    await rm(aside, { recursive: true, force: true });
    const uv = await installer(root, base, run);
    const made = await run(uv, ['venv', '--quiet', '--python', base, aside]);
    if (made.ended !== 'ok') return `the environment could not be made: ${lastLine(made.stderr)}`;
    const [wanted, limits] = [join(aside, 'model.txt'), join(aside, 'constraints.txt')];
    await writeFile(wanted, `${requirements.join('\n')}\n`);
    await writeFile(limits, `${constraints.join('\n')}\n`);
    const indexes = [
      ...(indexUrl === undefined ? [] : ['--index-url', indexUrl]),
      ...extraIndexUrls.flatMap((url) => ['--extra-index-url', url]),
    ];
    // Wheels only: a source distribution would run code of its own already now.
    const installed = await run(uv, [
      ...['pip', 'install', '--quiet', '--only-binary', ':all:', '--python', join(aside, 'bin', 'python')],
      ...[...indexes, '-r', wanted, '-c', limits, '-r', REQUIREMENTS],
    ]);
    if (installed.ended !== 'ok')
      return `the model's packages do not go with the converters: ${reasonIn(installed.stderr)}`;
    await rename(aside, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
    return undefined;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
};

type Run = (program: string, args: readonly string[]) => ReturnType<typeof runLimited>;

/** uv from the package index, in an environment of its own; UV_PATH names one that is there. */
const installer = async (root: string, base: string, run: Run): Promise<string> => {
  const named = process.env['UV_PATH'];
  if (named !== undefined && named !== '') return named;
  const folder = join(root, 'installer');
  const uv = join(folder, 'bin', 'uv');
  if (existsSync(uv)) return uv;
  for (const [program, args] of [
    [base, ['-m', 'venv', folder]],
    [join(folder, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', INSTALLER]],
  ] as const) {
    const result = await run(program, args);
    if (result.ended !== 'ok') throw new Error(`uv could not be installed: ${lastLine(result.stderr)}`);
  }
  return uv;
};

const environmentFor = (root: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: root,
  NO_COLOR: '1',
  UV_CACHE_DIR: join(root, 'cache'),
  // A company's own certificates are where the system keeps them; the second is the older name of the same.
  UV_SYSTEM_CERTS: 'true',
  UV_NATIVE_TLS: 'true',
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      PASSED_ON.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  ),
});

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';

/** uv explains in several lines; they read as one. */
const reasonIn = (stderr: string): string =>
  stderr
    .replaceAll(/[×╰─▶│\s]+/g, ' ')
    .trim()
    .slice(0, 800);
