import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelInput } from '../../../scoring/data.ts';
import { ModelError } from '../../../scoring/model-error.ts';
import type { ScoringModel } from '../../../scoring/onnx-model.ts';
import { scorerOf } from '../../../scoring/scorer.ts';
import { createScoringServer } from '../../../scoring/server.ts';
import { signatureSchema } from '../../../shared/packaging/model/signature.ts';

const AB = [
  { name: 'a', type: 'double', required: true },
  { name: 'b', type: 'double', required: true },
];

/** Answers the sum of each row's numbers; fails on the sum 13. */
const summing = (inputs: unknown): ScoringModel => ({
  signature: signatureSchema.parse({ inputs: JSON.stringify(inputs) }),
  mlflowVersion: '3.17.2',
  predict: async (input) => rowsOf(input).map((row) => ({ sum: sumOf(row) })),
});

const rowsOf = (input: ModelInput): number[][] => {
  if (input.kind === 'frame') {
    return Array.from({ length: input.rowCount }, (_, row) => input.columns.map(({ cells }) => Number(cells[row])));
  }
  return input.kind === 'tensor'
    ? [input.elements.map(Number)]
    : [[...input.tensors.values()].flatMap(({ elements }) => elements.map(Number))];
};

const sumOf = (row: readonly number[]): number => {
  const sum = row.reduce((total, value) => total + value, 0);
  if (sum === 13) throw new ModelError('13 is too unlucky');
  if (sum === 666) throw new Error('a bug');
  return sum;
};

const serve = (model: ScoringModel, maxBodyBytes = 10_000): FastifyInstance =>
  createScoringServer({ scorer: scorerOf(model), logger: pino({ level: 'silent' }), maxBodyBytes });

const app = serve(summing(AB));
afterAll(() => app.close());

const post = async (url: string, payload: string | Buffer, contentType = 'application/json', server = app) => {
  const headers = contentType === '' ? {} : { 'content-type': contentType };
  const answer = await server.inject({ method: 'POST', url, headers, payload });
  return { status: answer.statusCode, type: answer.headers['content-type'], text: answer.body };
};

const split = (row: readonly unknown[]): string =>
  JSON.stringify({ dataframe_split: { columns: ['a', 'b'], data: [row] } });

describe('the scoring routes', () => {
  it.each([
    ['input_data as Azure ML asks', '{"input_data":{"columns":["a","b"],"index":[0],"data":[[1,2]]}}'],
    ['input_data without index', '{"input_data":{"columns":["b","a"],"data":[[1,2]]}}'],
    ['input_data as named columns', '{"input_data":{"a":[1],"b":[2]}}'],
    ['input_data as records', '{"input_data":[{"a":1,"b":2}]}'],
    ['dataframe_split', '{"dataframe_split":{"columns":["a","b"],"data":[[1,2]]}}'],
    ['dataframe_records', '{"dataframe_records":[{"a":1,"b":2}]}'],
    ['instances', '{"instances":[{"a":1,"b":2}]}'],
    ['inputs', '{"inputs":{"a":[1],"b":[2]}}'],
    ['params that the signature does not know', '{"inputs":{"a":[1],"b":[2]},"params":{"x":1}}'],
  ])('both answer %s, wrapped on /invocations and bare on /score', async (_, body) => {
    expect((await post('/invocations', body)).text).toBe('{"predictions":[{"sum":3}]}');
    expect((await post('/score', body)).text).toBe('[{"sum":3}]');
  });

  it('answer a failure inside the model with 400 on /invocations and 500 on /score', async () => {
    const [invocations, score] = [await post('/invocations', split([6, 7])), await post('/score', split([6, 7]))];

    expect([invocations.status, JSON.parse(invocations.text)]).toEqual([
      400,
      { error_code: 'BAD_REQUEST', message: 'The model failed while predicting: 13 is too unlucky' },
    ]);
    expect([score.status, JSON.parse(score.text).error_code]).toEqual([500, 'INTERNAL_ERROR']);
  });

  it('answer a fault of the server with 500 and without details', async () => {
    const answer = await post('/invocations', split([600, 66]));

    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('a bug');
  });

  it('answer NaN with null', async () => {
    expect((await post('/score', split([null, 2]))).text).toBe('[{"sum":null}]');
  });

  it.each([
    ['no key', '{}', 'BAD_REQUEST', 'exactly one of'],
    ['two keys', '{"inputs":[1],"input_data":[1]}', 'BAD_REQUEST', 'input_data and inputs'],
    ['an unknown key only', '{"rows":[[1,2]]}', 'BAD_REQUEST', 'rows'],
    ['the keys of language models', '{"messages":[]}', 'BAD_REQUEST', 'messages'],
    ['a list', '[1]', 'BAD_REQUEST', 'a list'],
    ['no JSON', '{', 'BAD_REQUEST', 'not valid JSON'],
    ['nothing', '', 'BAD_REQUEST', 'not valid JSON'],
    ['a missing column', '{"inputs":{"a":[1]}}', 'INVALID_PARAMETER_VALUE', "missing inputs ['b']"],
    ['a word for a number', '{"inputs":{"a":["x"],"b":[1]}}', 'BAD_REQUEST', '"x"'],
    ['a table that does not fit', '{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}', 'BAD_REQUEST', '1 names'],
    ['params that are a list', '{"inputs":{"a":[1],"b":[2]},"params":[1]}', undefined, '"sum":3'],
  ])('answer %s with a message that helps', async (_, body, errorCode, words) => {
    const { status, text } = await post('/score', body);

    expect(status).toBe(errorCode === undefined ? 200 : 400);
    if (errorCode !== undefined) expect(JSON.parse(text)).toMatchObject({ error_code: errorCode });
    expect(text.replaceAll('\\"', '"')).toContain(words);
  });

  it('do not repeat a long value in a message', async () => {
    const { text } = await post('/score', split(['x'.repeat(5000), 1]));

    expect(text.length).toBeLessThan(300);
  });

  it('refuse text that is not UTF-8', async () => {
    const answer = await post('/score', Buffer.from([0x7b, 0xff, 0x7d]));

    expect([answer.status, JSON.parse(answer.text).message]).toEqual([400, 'The request body is not valid UTF-8']);
  });

  it('refuse a body above the limit with 413', async () => {
    const answer = await post('/invocations', `{"inputs":"${'x'.repeat(10_001)}"}`);

    expect([answer.status, JSON.parse(answer.text).error_code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('survive deeply nested lists', async () => {
    const deep = serve(summing([{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1] } }]), 1_000_000);
    const answer = await post(
      '/score',
      `{"inputs":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'application/json',
      deep,
    );
    await deep.close();

    expect(answer.status).toBe(400);
  });
});

describe('content types', () => {
  it.each([
    ['application/json'],
    ['Application/JSON'],
    ['application/json; charset=utf-8'],
    ['application/json;charset=UTF-8'],
  ])('%s is taken', async (contentType) => {
    expect((await post('/score', split([1, 2]), contentType)).status).toBe(200);
  });

  it.each([
    ['text/csv', 'a,b\n1,2\n3,4.5\n', '[{"sum":3},{"sum":7.5}]'],
    ['text/csv; charset=utf-8', '\ufeff"b","a","extra"\r\n"1",2,"x,""y"\r\n\r\n', '[{"sum":3}]'],
    ['text/csv', 'a,b\n1,\n', '[{"sum":null}]'],
  ])('%s is taken, with quotes and blank lines', async (contentType, body, expected) => {
    expect((await post('/score', body, contentType)).text).toBe(expected);
  });

  it.each([
    ['text/plain'],
    ['application/json; charset=latin-1'],
    ['application/json; profile=x'],
    ['application/vnd.apache.parquet'],
    ['nonsense'],
    [''],
  ])('%j is answered 415 in plain text', async (contentType) => {
    const answer = await post('/invocations', split([1, 2]), contentType);

    expect([answer.status, answer.type]).toEqual([415, 'text/plain; charset=utf-8']);
  });

  it.each([
    ['an open quote', 'a,b\n"1,2\n'],
    ['too many fields', 'a,b\n1,2,3\n'],
    ['nothing', ''],
    ['a word', 'a,b\n1,x\n'],
  ])('CSV with %s is answered 400', async (_, body) => {
    expect((await post('/score', body, 'text/csv')).status).toBe(400);
  });
});

describe('CSV of stricter types', () => {
  const typed = serve(
    summing([
      { name: 'n', type: 'long' },
      { name: 't', type: 'boolean' },
    ]),
  );
  afterAll(() => typed.close());

  it.each([
    ['n,t\n4,true\n', 200],
    ['n,t\n4,False\n', 200],
    ['n,t\n1.5,true\n', 400],
    ['n,t\n,true\n', 400],
    ['n,t\n4,yes\n', 400],
  ])('%j is answered %i', async (body, status) => {
    expect((await post('/score', body, 'text/csv', typed)).status).toBe(status);
  });
});

describe('the other routes', () => {
  it.each([
    ['/', 'Healthy'],
    ['/ping', '\n'],
    ['/health', '\n'],
    ['/version', '3.17.2'],
  ])('GET %s answers 200', async (url, body) => {
    const answer = await app.inject({ method: 'GET', url });

    expect([answer.statusCode, answer.body]).toEqual([200, body]);
  });

  it.each([
    ['GET', '/invocations', 'POST'],
    ['PUT', '/score', 'POST'],
    ['DELETE', '/score', 'POST'],
    ['POST', '/ping', 'GET, HEAD'],
    ['OPTIONS', '/', 'GET, HEAD'],
  ] as const)('%s %s answers 405 and says what is allowed', async (method, url, allow) => {
    const answer = await app.inject({ method, url });

    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, allow]);
  });

  it('an unknown path answers 404', async () => {
    const answer = await app.inject({ method: 'GET', url: '/predict' });

    expect([answer.statusCode, answer.json().error_code]).toEqual([404, 'ENDPOINT_NOT_FOUND']);
  });
});
