import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readInput } from '../../../shared/platform/http/read-input.ts';
import { type AnyRoute, type Dialect, defineRoute } from '../../../shared/platform/http/route.ts';
import { requestOf } from '../../support/call-route.ts';

const routeOf = (dialect: Dialect, body: z.ZodType | 'stream' | undefined): AnyRoute<never> =>
  defineRoute<never>()({
    name: 'test',
    method: 'POST',
    path: 'things/{id}',
    access: 'public',
    dialect,
    summary: 'A thing.',
    params: z.object({ id: z.string().regex(/^\d+$/, 'must be digits') }),
    query: z.object({
      limit: z.coerce.number().int().default(5),
      tag: z.union([z.string(), z.array(z.string())]).optional(),
    }),
    body,
    handle: async () => ({}),
  });

const BODY = z.object({ name: z.string().optional(), count: z.number().optional() });

const read = (dialect: Dialect, body: unknown, { contentType = 'application/json', path = '/?', id = '1' } = {}) =>
  readInput(
    routeOf(dialect, BODY),
    requestOf(new URL(path, 'http://slipway.test'), { body, headers: { 'content-type': contentType } }, { id }),
  );

describe('the body of a request to the MLflow API', () => {
  it.each([
    ['an object', '{"name":"a"}', { name: 'a' }],
    ['an object with null fields, which are absent', '{"name":null,"count":1}', { count: 1 }],
    ['nothing, as {}', '', {}],
    ['what is no JSON, as {}', '{"name":', {}],
    ['JSON encoded twice', JSON.stringify('{"name":"a"}'), { name: 'a' }],
    ['JSON encoded twice that is none inside, as {}', JSON.stringify('hello'), {}],
    ['an array, as {}', '[1]', {}],
    ['null, as {}', 'null', {}],
    ['a number, as {}', '7', {}],
    ['numbers that JSON does not have, as texts', '{"name": NaN}', { name: 'NaN' }],
    [
      'a negative one of them beside a text that looks like one',
      '{"x": "NaN \\" NaN", "name":-Infinity}',
      { name: '-Infinity' },
    ],
  ])('may be %s', async (_, body, expected) => {
    await expect(read('mlflow', body)).resolves.toMatchObject({ body: expected });
  });

  it('takes no time to speak of when it was made to take long', async () => {
    for (const body of ['\\"'.repeat(400_000), `"${'\\'.repeat(800_001)}`, '"NaN'.repeat(200_000)]) {
      await expect(read('mlflow', body)).resolves.toMatchObject({ body: {} });
    }
  }, 2_000);

  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON'])(
    'may be %s',
    async (contentType) => {
      await expect(read('mlflow', '{"name":"a"}', { contentType })).resolves.toMatchObject({ body: { name: 'a' } });
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])('must not be %j', async (contentType) => {
    await expect(read('mlflow', '{}', { contentType })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: `Bad Request. Content-Type must be 'application/json', got '${contentType}'.`,
    });
  });

  it('is refused in the words of its schema where that speaks for itself', async () => {
    const schema = z.object({}).superRefine((_, context) => {
      context.addIssue({
        code: 'custom',
        message: 'Registered model name cannot be empty.',
        params: { verbatim: true },
      });
    });
    const request = requestOf(new URL('http://slipway.test/'), { body: {} }, { id: '1' });

    await expect(readInput(routeOf('mlflow', schema), request)).rejects.toMatchObject({
      message: 'Registered model name cannot be empty.',
    });
  });
});

describe('the body of a request to our own API', () => {
  it.each([
    ['an object', '{"name":"a"}', { name: 'a' }],
    ['nothing, as {}', '', {}],
  ])('may be %s', async (_, body, expected) => {
    await expect(read('slipway', body)).resolves.toMatchObject({ body: expected });
  });

  it.each([
    ['what is no JSON', '{"name":', 'BAD_REQUEST'],
    ['JSON encoded twice', JSON.stringify('{"name":"a"}'), 'INVALID_PARAMETER_VALUE'],
    ['null', 'null', 'INVALID_PARAMETER_VALUE'],
    ['an array', '[]', 'INVALID_PARAMETER_VALUE'],
    ['an object with a null field', '{"name":null}', 'INVALID_PARAMETER_VALUE'],
  ])('must not be %s', async (_, body, code) => {
    await expect(read('slipway', body)).rejects.toMatchObject({ code });
  });

  it.each([
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    '',
  ])('must not be %j, which a page of another site could send with the visitor’s credentials', async (contentType) => {
    await expect(read('slipway', '{}', { contentType })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: `send the body as application/json, not '${contentType}'`,
    });
  });

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/merge-patch+json'])(
    'may be %s',
    async (contentType) => {
      await expect(read('slipway', '{"count":1}', { contentType })).resolves.toMatchObject({ body: { count: 1 } });
    },
  );

  it('is refused with the place of every wrong field', async () => {
    await expect(read('slipway', '{"name":1,"count":"x"}')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(/^body\.name: .+; body\.count: .+$/),
    });
  });
});

describe.each(['mlflow', 'slipway'] as const)('a request in the dialect %s', (dialect) => {
  /** `{"name":"…"}` of so many bytes. */
  const bodyOf = (bytes: number) => JSON.stringify({ name: 'x'.repeat(bytes - 11) });

  it('may have a body of 1 MiB and no more', async () => {
    await expect(read(dialect, bodyOf(1_048_576))).resolves.toMatchObject({ body: {} });
    await expect(read(dialect, bodyOf(1_048_577))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('has its body counted in bytes, not letters', async () => {
    await expect(read(dialect, JSON.stringify({ name: 'é'.repeat(600_000) }))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it.each([
    ['no query, with its defaults', '/', { limit: 5 }],
    ['one value', '/?limit=7&tag=a', { limit: 7, tag: 'a' }],
    ['a repeated key, as an array', '/?tag=a&tag=b', { limit: 5, tag: ['a', 'b'] }],
    ['an empty value', '/?tag=', { limit: 5, tag: '' }],
    ['keys that nobody asked for', '/?other=1&__proto__=x&__proto__=y', { limit: 5 }],
  ])('may have %s', async (_, path, query) => {
    expect((await read(dialect, '{}', { path })).query).toEqual(query);
  });

  it.each([
    ['in the path', { id: 'x' }, /^path\.id: must be digits$/],
    ['in the query', { path: '/?limit=1.5' }, /^query\.limit: /],
    ['repeated in the query', { path: '/?limit=1&limit=2' }, /^query\.limit: /],
  ])('is refused when a parameter is wrong %s', async (_, options, message) => {
    await expect(read(dialect, '{}', options)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['reads its bytes itself', 'stream' as const],
    ['takes no body', undefined],
  ])('keeps its body unread on a route that %s', async (_, body) => {
    const request = {
      ...requestOf(new URL('http://slipway.test/'), {}, { id: '1' }),
      text: () => Promise.reject(new Error('was read')),
    };

    await expect(readInput(routeOf(dialect, body), request)).resolves.toMatchObject({ body: undefined });
  });
});
