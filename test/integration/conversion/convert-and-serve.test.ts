import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConversions } from '../../../scoring/convert/conversions.ts';
import { conversionRoutes } from '../../../scoring/convert/server.ts';
import { loadOnnxModel } from '../../../scoring/onnx-model.ts';
import { scorerOf } from '../../../scoring/scorer.ts';
import { type ConversionResult, convertWhenAsked } from '../../../shared/packaging/conversion/convert-when-asked.ts';
import { createHttpConverter } from '../../../shared/packaging/conversion/http-converter.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { type PythonPlan, planServing } from '../../../shared/packaging/model/plan-serving.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { pythonEnvironment } from '../../support/python/environment.ts';
import { announceSkip } from '../../support/require-all.ts';
import { until } from '../../support/until.ts';

const KEY = 'the-key-of-this-converter';
const TOLERANCE = 1e-4;

interface World {
  readonly folder: string;
  readonly app: FastifyInstance;
  readonly url: string;
}

const { python, missing = '' } = await pythonEnvironment(
  new URL('../../support/python/requirements-models.txt', import.meta.url),
);
if (python === undefined) announceSkip('the conversion of real models', missing);

const run = async (program: string, ...args: string[]): Promise<string> =>
  (await promisify(execFile)(program, args, { env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' } })).stdout;

const minorOf = async (program: string): Promise<string> =>
  (await run(program, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])')).trim();

const startWorld = async (program: string): Promise<World> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-conversion-'));
  await run(program, fileURLToPath(new URL('python/make_models.py', import.meta.url)), folder);
  process.env['UV_PATH'] = join(dirname(program), 'uv');
  process.env['UV_CACHE_DIR'] = fileURLToPath(new URL('../../../.cache/uv', import.meta.url));
  const conversions = createConversions({
    folder: join(folder, 'converter'),
    pythons: { [await minorOf(program)]: program },
  });
  const app = fastify();
  await app.register(conversionRoutes({ conversions, key: KEY }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { folder, app, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` };
};

describe.skipIf(python === undefined)('a real model', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(python ?? '');
  });

  afterAll(async () => {
    await world?.app.close();
    if (world !== undefined) await rm(world.folder, { recursive: true, force: true });
  });

  const convert = async (name: string): Promise<Exclude<ConversionResult, { kind: 'wait' }>> => {
    const files = createFolderFiles(join(world.folder, name));
    const folder = await readModel(files);
    const plan = planServing(folder) as PythonPlan;
    expect(plan.kind).toBe('python');
    const services = {
      converter: createHttpConverter({ url: world.url, key: KEY }),
      clock: systemClock,
      log: silentLogger,
    };
    const option = { convert: 'try', tolerance: TOLERANCE, missing: 'as-model' } as const;
    const wish = { option, plan, files, folder, askedAt: systemClock() };
    const ended = async () => {
      const result = await convertWhenAsked(services, wish);
      return result.kind === 'wait' ? undefined : result;
    };
    return until(`the conversion of ${name}`, ended, { withinMs: 120_000, everyMs: 200 });
  };

  it.for(['sklearn', 'xgboost', 'lightgbm'])(
    'of %s answers 200 rows on the Node server like in Python',
    { timeout: 180_000 },
    async (name) => {
      const result = await convert(name);

      expect(result).toMatchObject({ kind: 'onnx', conversion: { used: true, tolerance: TOLERANCE } });
      if (result.kind !== 'onnx') return;
      expect(result.conversion.maxRelativeDifference).toBeLessThanOrEqual(TOLERANCE);
      expect(result.conversion.rows).toBeGreaterThan(200);
      expect(result.conversion.speedUp?.factor).toBeGreaterThan(1);
      const { request, answers } = JSON.parse(await readFile(join(world.folder, `${name}.json`), 'utf8')) as Exchange;
      const given = await answersOf(result.files, join(world.folder, `${name}-onnx`), request);
      expect(given).toHaveLength(200);
      expect(given.map((answer, at) => isNear(answer, answers[at]))).not.toContain(false);
    },
  );

  it('refuses as a graph what it refuses in Python: words it was not trained with, and missing numbers', async () => {
    const result = await convert('sklearn');
    if (result.kind !== 'onnx') throw new Error('it was not converted');
    const ask = (row: readonly unknown[]) =>
      answersOf(result.files, join(world.folder, 'refusing'), {
        dataframe_split: { columns: ['rooms', 'area', 'distance', 'quarter'], data: [row] },
      });

    await expect(ask([2, 50, 3, 'north'])).resolves.toHaveLength(1);
    await expect(ask([2, 50, 3, 'west'])).rejects.toMatchObject({ status: 400 });
    await expect(ask([2, null, 3, 'north'])).rejects.toMatchObject({ status: 400 });
  });

  it('with a step that no converter knows is served in Python, with the reason', { timeout: 120_000 }, async () => {
    const result = await convert('custom');

    expect(result).toMatchObject({ kind: 'python', conversion: { used: false } });
    expect(result.kind === 'python' && result.conversion?.reason).toMatch(/FunctionTransformer/);
  });

  it('is not taken without the converter’s key', async () => {
    const answer = await fetch(`${world.url}/conversions/${'0'.repeat(32)}`);

    expect(answer.status).toBe(401);
  });
});

interface Exchange {
  readonly request: unknown;
  readonly answers: readonly unknown[];
}

const isNear = (given: unknown, wanted: unknown): boolean =>
  typeof given === 'number' && typeof wanted === 'number'
    ? Math.abs(given - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted))
    : given === wanted;

const answersOf = async (files: ModelFiles, folder: string, request: unknown): Promise<readonly unknown[]> => {
  for await (const { path } of files.list()) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), await buffer(await files.open(path)));
  }
  const scorer = scorerOf(await loadOnnxModel(folder, { threads: 1 }));
  const text = await scorer.score({ kind: 'json', bytes: Buffer.from(JSON.stringify(request)) });
  return JSON.parse(text) as readonly unknown[];
};
