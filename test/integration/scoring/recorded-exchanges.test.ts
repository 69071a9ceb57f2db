import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOnnxModel } from '../../../scoring/onnx-model.ts';
import { scorerOf } from '../../../scoring/scorer.ts';
import { createScoringServer } from '../../../scoring/server.ts';
import { readFixture } from '../../support/scoring/read-fixture.ts';

interface Exchange {
  readonly contentType: string;
  readonly body: string;
  readonly status: number;
  readonly answer?: { readonly predictions: unknown };
  readonly error_code?: string;
}

interface Recorded {
  readonly version: string;
  readonly rows: Omit<Exchange, 'body'>;
  readonly forms: readonly Exchange[];
}

interface RecordedTensors {
  readonly name: string;
  readonly mlmodel: string;
  readonly onnx: string;
  readonly exchanges: readonly Exchange[];
}

const examples = fileURLToPath(new URL('../../../examples/diabetes/', import.meta.url));
const rows = readFileSync(join(examples, 'rows.json'), 'utf8');

const serve = async (folder: string): Promise<FastifyInstance> =>
  createScoringServer({
    scorer: scorerOf(await loadOnnxModel(folder, { threads: 1 })),
    logger: pino({ level: 'silent' }),
    maxBodyBytes: 1024 * 1024,
  });

const ask = async (
  app: FastifyInstance,
  url: string,
  { contentType, body }: Pick<Exchange, 'contentType' | 'body'>,
) => {
  const answer = await app.inject({ method: 'POST', url, headers: { 'content-type': contentType }, payload: body });
  return { status: answer.statusCode, text: answer.body };
};

const expectRecorded = async (app: FastifyInstance, exchange: Exchange): Promise<void> => {
  const { status, text } = await ask(app, '/invocations', exchange);

  expect({ status, text: status === 200 ? '' : text }).toMatchObject({ status: exchange.status });
  if (exchange.answer) expect(JSON.parse(text)).toEqual(exchange.answer);
  if (exchange.error_code !== undefined) expect(JSON.parse(text)).toMatchObject({ error_code: exchange.error_code });
};

const progressions = (answer: Exchange['answer']): number[] =>
  ((answer?.predictions ?? []) as readonly { progression: number }[]).map(({ progression }) => progression);

describe.each(readFixture<Recorded>('predictions'))('the example model $version', ({ version, rows: all, forms }) => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = await serve(join(examples, 'models', version));
  });
  afterAll(() => app.close());

  it('answers all real rows at once as MLflow does, to the last digits of a float', async () => {
    const { status, text } = await ask(app, '/invocations', {
      contentType: 'application/json',
      body: `{"dataframe_split":${rows}}`,
    });

    expect(status).toBe(all.status);
    // Trees are summed as floats, in an order that depends on the number of threads.
    const wanted = progressions(all.answer);
    expect(progressions(status === 200 ? JSON.parse(text) : undefined)).toEqual(
      wanted.map((value) => expect.closeTo(value, 3) as number),
    );
  });

  it.each(forms)('answers $contentType $body as MLflow does', async (exchange) => {
    await expectRecorded(app, exchange);
  });

  it('answers its own input example on both routes, bare on /score', async () => {
    const body = readFileSync(join(examples, 'models', version, 'serving_input_example.json'), 'utf8');
    const invocations = await ask(app, '/invocations', { contentType: 'application/json', body });
    const score = await ask(app, '/score', { contentType: 'application/json', body });

    expect([invocations.status, score.status]).toEqual([200, 200]);
    expect(JSON.parse(invocations.text)).toEqual({ predictions: JSON.parse(score.text) });
  });
});

describe('the example model v3', () => {
  it('fails on every fourth real row, with 400 on /invocations and 500 on /score', async () => {
    const app = await serve(join(examples, 'models', 'v3'));
    const { columns, data } = JSON.parse(rows) as { columns: string[]; data: number[][] };
    const statuses = { '/invocations': [] as number[], '/score': [] as number[] };
    for (const row of data) {
      const body = JSON.stringify({ dataframe_split: { columns, data: [row] } });
      for (const url of ['/invocations', '/score'] as const) {
        statuses[url].push((await ask(app, url, { contentType: 'application/json', body })).status);
      }
    }
    await app.close();

    expect(statuses['/invocations'].filter((status) => status === 400)).toHaveLength(46);
    expect(statuses['/score'].filter((status) => status === 500)).toHaveLength(46);
    expect(statuses['/score'].filter((status) => status === 200)).toHaveLength(131);
  });
});

/** Without a signature MLflow hands whole numbers to a graph of floats, which fails; here they become floats. */
const OWN_ANSWERS: Readonly<Record<string, Exchange['answer']>> = {
  'no signature {"inputs": [[1, 2]]}': { predictions: { twice: [[2, 4]] } },
};

describe.each(readFixture<RecordedTensors>('tensors'))('a model with $name', ({ name, mlmodel, onnx, exchanges }) => {
  let folder: string;
  let app: FastifyInstance;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scoring-'));
    await writeFile(join(folder, 'MLmodel'), mlmodel);
    await writeFile(join(folder, 'model.onnx'), Buffer.from(onnx, 'base64'));
    app = await serve(folder);
  });
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  it.each(exchanges)('answers $body as MLflow does', async (exchange) => {
    const own = OWN_ANSWERS[`${name} ${exchange.body}`];
    await expectRecorded(
      app,
      own ? { contentType: exchange.contentType, body: exchange.body, status: 200, answer: own } : exchange,
    );
  });
});
