import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announceSkip } from '../../support/require-all.ts';
import { makeModels, type ServedModel, scoringPython, serveModel } from '../../support/scoring/serving.ts';
import { until } from '../../support/until.ts';

const { python = '', missing } = await scoringPython();
if (missing !== undefined) announceSkip('the tests of long predictions and scoring scripts', missing);

const KINDS = ['node', 'python'] as const;

/** How far `slow` counts: about a second's work, and more than a lifetime's. */
const A_WHILE = 1_000_000;
const FOR_EVER = 10 ** 15;

let models: Awaited<ReturnType<typeof makeModels>> | undefined;
const folderOf = (name: string): string => join(models?.folder ?? '', name);

beforeAll(async () => {
  if (missing === undefined) models = await makeModels(python);
});
afterAll(() => models?.remove());

const count = ({ url }: ServedModel, to: number): Promise<Response> =>
  fetch(`${url}/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_split: { columns: ['n'], data: [[to]] } }),
  });

describe.skipIf(missing !== undefined).each(KINDS)('a long prediction on the %s server', (kind) => {
  const serve = (env: Record<string, string> = {}): Promise<ServedModel> =>
    serveModel({ kind, python, modelFolder: folderOf('slow'), env });

  it('keeps no probe waiting, and is answered 504 when its time is over', async () => {
    const server = await serve({ MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT: '2', SCORING_CONCURRENCY: '1' });
    const [hanging, queued] = [count(server, FOR_EVER), count(server, 1)];
    const waits: number[] = [];
    for (let at = 0; at < 20; at += 1) {
      const asked = performance.now();
      expect((await fetch(`${server.url}/ping`)).status).toBe(200);
      waits.push(performance.now() - asked);
    }
    const answers = await Promise.all([hanging, queued]);
    const { code, ms } = await server.end('SIGTERM');

    expect(Math.max(...waits)).toBeLessThan(1000);
    expect(answers.map(({ status }) => status)).toEqual([504, 504]);
    expect(await answers[0].json()).toEqual({
      error_code: 'DEADLINE_EXCEEDED',
      message: 'There was no prediction within 2 s',
    });
    // The thread hangs on, but nobody waits for it.
    expect(ms, server.output()).toBeLessThan(8000);
    expect(code === 0 || code === null).toBe(true);
  });

  it('is answered after SIGTERM, and then the server is gone', async () => {
    const server = await serve({ SCORING_CONCURRENCY: '1' });
    await count(server, 1);
    const asked = count(server, A_WHILE);
    // As soon as another one has to wait behind it, it has begun.
    await until('the prediction to begin', async () => {
      const first = await Promise.race([count(server, 1), sleep(50, 'waiting' as const)]);
      return first === 'waiting';
    });
    const ended = server.end('SIGTERM');
    const answer = await asked;
    const { code } = await ended;

    expect([answer.status, await answer.json()]).toEqual([200, [{ counted: A_WHILE }]]);
    expect(code).toBe(0);
    expect(server.output()).toContain('"stopping"');
  });
});

describe.skipIf(missing !== undefined)('a scoring script', () => {
  let server: ServedModel;
  beforeAll(async () => {
    server = await serveModel({ kind: 'python', python, modelFolder: folderOf('script') });
  });
  afterAll(() => server?.end('SIGKILL'));

  const ask = async (path: string, body: string) => {
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', body });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  };

  it('gets the body as text whatever its content type, and its answer goes out as JSON', async () => {
    const body = '{"data": [1, 2.5]}';
    const answer = { products: [3, 7.5], text: body };

    expect(await ask('/score', body)).toEqual({ status: 200, json: answer });
    expect(await ask('/invocations', body)).toEqual({ status: 200, json: { predictions: answer } });
  });

  it('that raises is answered 500 on /score and 400 on /invocations, with its message and no trace', async () => {
    const [score, invocations] = [await ask('/score', '{}'), await ask('/invocations', '{}')];

    expect(score).toEqual({
      status: 500,
      json: { error_code: 'INTERNAL_ERROR', message: "The model failed while predicting: 'data'" },
    });
    expect([invocations.status, invocations.json['error_code']]).toEqual([400, 'BAD_REQUEST']);
  });
});

describe.skipIf(missing !== undefined)('the Python server', () => {
  it.each([
    ['a folder that is not there', {}, undefined, 'there is no model folder'],
    ['a folder without a model', {}, '', 'MLflow cannot load the model'],
    ['a setting that is wrong', { SCORING_THREADS: 'secret' }, '', 'SCORING_THREADS: must be a whole number'],
    ['a script without run', {}, 'def init(): pass', 'has no function run()'],
    ['a script whose init fails', {}, 'def init(): 1 / 0\ndef run(x): pass', 'division by zero'],
  ])('does not start with %s, and says so in one line', async (_, env, script, words) => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-start-'));
    if (script) await writeFile(join(folder, 'score.py'), script);
    const modelFolder = script === undefined ? join(folder, 'nowhere') : folder;
    const start = serveModel({ kind: 'python', python, modelFolder, env });

    const error = await start.then(
      () => new Error('it started'),
      (cause: unknown) => cause as Error,
    );
    await rm(folder, { recursive: true });
    const last = JSON.parse(error.message.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;

    expect(last).toMatchObject({ level: 60, msg: expect.stringContaining(words) as string });
    expect(last['msg']).not.toContain('secret');
  });
});
