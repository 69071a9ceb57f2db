import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { ConversionRequest, ConversionState } from './conversion-request.ts';
import { ensurePython } from './environment.ts';
import { runLimited } from './run-limited.ts';

const STEP = fileURLToPath(new URL('convert.py', import.meta.url));
const CONVERT_WITHIN_MS = 10 * 60_000;
const MEMORY_BYTES = 4 * 1024 ** 3;

export interface ConversionsOptions {
  /** Of this converter alone. */
  readonly folder: string;
  /** Interpreters by minor version. */
  readonly pythons: Readonly<Record<string, string>>;
  readonly limits?: { readonly convertWithinMs?: number; readonly memoryBytes?: number };
}

/** Conversions by key, each in a folder of its own, one after the other. */
export interface Conversions {
  /** Undefined for one that nobody asked for, or that died with an earlier process. */
  state(key: string): Promise<ConversionState | undefined>;
  /** Takes the model in and begins; one that is there already stays as it is. */
  start(key: string, request: ConversionRequest, tar: Readable): Promise<void>;
  /** The path of a file of the converted model; undefined when there is none. */
  file(key: string, path: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export const createConversions = (options: ConversionsOptions): Conversions => {
  const { folder } = options;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  let last: Promise<void> = Promise.resolve();
  const at = (key: string, ...path: string[]): string => join(folder, 'jobs', key, ...path);

  const state = async (key: string): Promise<ConversionState | undefined> => {
    if (running.has(key)) return { state: 'running' };
    const text = await readFile(at(key, 'result.json'), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as ConversionState);
  };

  const finish = async (key: string, request: ConversionRequest): Promise<void> => {
    const result = await convert(options, at(key), request, stopping.signal).catch(
      (error: unknown): ConversionState => ({ state: 'failed', message: String(error) }),
    );
    await rm(at(key, 'model.tar'), { force: true });
    // What was broken off is begun anew when it is asked for again.
    if (stopping.signal.aborted) return;
    await writeFile(at(key, 'result.part'), JSON.stringify(result));
    await rename(at(key, 'result.part'), at(key, 'result.json'));
  };

  return {
    state,
    async start(key, request, tar) {
      if ((await state(key)) !== undefined) {
        tar.destroy();
        return;
      }
      let received = (): void => {};
      running.set(key, new Promise((resolve) => (received = resolve)));
      try {
        await rm(at(key), { recursive: true, force: true });
        await mkdir(at(key), { recursive: true, mode: 0o700 });
        await pipeline(tar, createWriteStream(at(key, 'model.tar')));
      } catch (error) {
        running.delete(key);
        received();
        throw error;
      }
      last = last
        .then(() => finish(key, request))
        .finally(() => {
          running.delete(key);
          received();
        });
      // Failures are in the result; what is left is a full disk, which the next request will tell.
      last = last.catch(() => undefined);
    },
    async file(key, path) {
      const found = await state(key);
      if (found?.state !== 'done' || !found.files.some((file) => file.path === path)) return undefined;
      return at(key, 'out', path);
    },
    async close() {
      stopping.abort();
      await last;
    },
  };
};

const convert = async (
  { folder, pythons, limits = {} }: ConversionsOptions,
  job: string,
  request: ConversionRequest,
  signal: AbortSignal,
): Promise<ConversionState> => {
  const { convertWithinMs = CONVERT_WITHIN_MS, memoryBytes = MEMORY_BYTES } = limits;
  const found = await ensurePython({ folder: join(folder, 'environments'), pythons, signal }, request);
  if ('problem' in found) return { state: 'failed', message: found.problem };
  const home = join(job, 'home');
  await mkdir(home, { recursive: true });
  const { ended, stdout, stderr } = await runLimited({
    program: found.python,
    args: [
      ...['-I', STEP, '--model', join(job, 'model.tar'), '--out', join(job, 'out')],
      ...['--tolerance', String(request.tolerance), '--missing', request.missing],
      ...['--memory-bytes', String(memoryBytes)],
    ],
    folder: home,
    env: { PATH: '/usr/bin:/bin', HOME: home, TMPDIR: home, OMP_NUM_THREADS: '1', MLFLOW_DISABLE_TELEMETRY: 'true' },
    timeoutMs: convertWithinMs,
    signal,
  });
  await rm(home, { recursive: true, force: true });
  if (ended === 'timeout') return { state: 'failed', message: `it took longer than ${convertWithinMs / 1000} seconds` };
  const report = reportIn(stdout);
  if (ended === 'failed' || report === undefined) {
    const line = stderr.trim().split('\n').at(-1)?.slice(0, 500);
    return { state: 'failed', message: line || 'it ended without a word' };
  }
  return { state: 'done', report, files: await filesIn(join(job, 'out')) };
};

/** The last line, which is the step's own; the model's code may print before it. */
const reportIn = (stdout: string): unknown => {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
};

const filesIn = async (folder: string) => {
  if (!existsSync(folder)) return [];
  const files: { path: string; size: number; sha256: string }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    // A link could lead out of the folder.
    if (!entry.isFile()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(absolute)) hash.update(chunk as Buffer);
    const { size } = await stat(absolute);
    files.push({ path: relative(folder, absolute), size, sha256: hash.digest('hex') });
  }
  return files;
};
