import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { type AnswerServices, answer } from '../../../shared/platform/http/answer.ts';
import {
  type Access,
  type AnyRoute,
  defineRoute,
  type HttpAnswer,
  type RequestContext,
} from '../../../shared/platform/http/route.ts';
import { type LogFields, type Logger, silentLogger } from '../../../shared/platform/logging.ts';
import { basic, bearer, createAccessWorld, ROOT_TOKEN } from '../../support/access.ts';
import { type RequestOptions, requestOf } from '../../support/call-route.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const TOKEN_ACCESS = createAccessWorld().access;

type Handle = (context: RequestContext) => Promise<HttpAnswer>;

const routeOf = (handle: Handle, access: Access = 'reader'): AnyRoute<AnswerServices> =>
  defineRoute<AnswerServices>()({
    name: 'test',
    method: 'GET',
    path: 'test',
    access,
    dialect: 'slipway',
    summary: 'A test.',
    query: z.object({ limit: z.coerce.number().optional() }),
    handle: (_input, _services, context) => handle(context),
  });

const ask = (route: AnyRoute<AnswerServices>, options: RequestOptions & { path?: string } = {}, services = {}) =>
  answer(route, requestOf(new URL(options.path ?? '/test', 'http://slipway.test'), options), {
    log: silentLogger,
    access: { mode: 'open' },
    ...services,
  });

/** A route that tells what its handler was given. */
const telling = (access: Access = 'reader') => {
  const told: RequestContext[] = [];
  const route = routeOf(async (context) => {
    told.push(context);
    return { json: { fine: true } };
  }, access);
  return { route, told };
};

describe('answer', () => {
  it('hands on what the route answers', async () => {
    const { route } = telling();

    expect(await ask(route, { headers: { 'x-correlation-id': 'story-01' } })).toEqual({
      json: { fine: true },
      headers: { 'x-correlation-id': 'story-01' },
    });
  });

  it.each(['story-01', 'A.b_c-1234', 'x'.repeat(64)])('takes over the correlation id %s', async (id) => {
    const { route, told } = telling();

    const { headers } = await ask(route, { headers: { 'x-correlation-id': id } });

    expect(headers).toEqual({ 'x-correlation-id': id });
    expect(told[0]?.cause).toEqual({ causedBy: id, correlationId: id });
  });

  it.each(['', 'short', 'with blank', 'line\nbreak', 'x'.repeat(65), 'ümlaut-00'])(
    'makes a correlation id instead of %j',
    async (id) => {
      const { route, told } = telling();

      const { headers } = await ask(route, { headers: { 'x-correlation-id': id } });

      expect(headers?.['x-correlation-id']).toMatch(UUID);
      expect(told[0]?.cause.correlationId).toBe(headers?.['x-correlation-id']);
    },
  );

  it('names the correlation id of a failure in header and problem', async () => {
    const failed = await ask(
      routeOf(() => Promise.reject(new SlipwayError('INVALID_STATE', 'not now'))),
      { headers: { 'x-correlation-id': 'story-01' } },
    );

    expect(failed).toMatchObject({
      status: 409,
      headers: { 'x-correlation-id': 'story-01', 'Content-Type': 'application/problem+json' },
      json: { detail: 'not now', correlationId: 'story-01' },
    });
  });

  it.each([
    ['"7"', '7'],
    ['7', '7'],
    ['*', '*'],
    ['W/"7"', 'W/"7"'],
  ])('gives the handler the ETag of If-Match: %s', async (header, ifMatch) => {
    const { route, told } = telling();

    await ask(route, { headers: { 'if-match': header, 'if-none-match': header } });

    expect(told[0]).toMatchObject({ ifMatch, ifNoneMatch: ifMatch });
  });

  it('answers what the schema refuses before the handler sees it', async () => {
    const { route, told } = telling();

    expect(await ask(route, { path: '/test?limit=many' })).toMatchObject({ status: 400 });
    expect(told).toEqual([]);
  });

  it.each([
    ['a bearer', bearer(ROOT_TOKEN).authorization, 'token'],
    ['a user of Basic credentials', basic('ada', ROOT_TOKEN).authorization, 'ada'],
  ])('tells the handler who calls: %s', async (_, authorization, actor) => {
    const { route, told } = telling();

    await ask(route, { headers: { authorization } }, { access: TOKEN_ACCESS });

    expect(told[0]).toMatchObject({ actor, caller: { actor }, cause: { actor } });
  });

  it.each([
    ['nobody in particular', {}],
    ['somebody with a wrong token', { authorization: 'Bearer wrong' }],
  ])('refuses %s, before looking at what was asked', async (_, headers) => {
    const { route, told } = telling();

    const refused = await ask(route, { headers, path: '/test?limit=many' }, { access: TOKEN_ACCESS });

    expect(refused).toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer realm="slipway", Basic realm="slipway"' },
    });
    expect(told).toEqual([]);
  });

  it('journals a refused login under the address that the last proxy saw', async () => {
    const world = createAccessWorld();
    const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': '10.1.2.3, 203.0.113.7:51234' };

    await ask(telling().route, { headers }, { access: world.access });

    expect(world.journal()).toMatchObject([{ subject: 'access/203.0.113.7', data: { route: 'test' } }]);
  });

  it('refuses who lacks the role before looking at what was asked, and who lacks it for the model after', async () => {
    const world = createAccessWorld();
    const { route, told } = telling('publisher');
    const named: AnyRoute<AnswerServices> = { ...route, models: () => ['heart', 'fraud'] };
    const askAs = async (role: 'reader' | 'publisher', path: string, of: AnyRoute<AnswerServices>) =>
      ask(of, { path, headers: bearer(await world.tokenFor([{ role, models: ['heart'] }])) }, { access: world.access });

    expect((await askAs('reader', '/test?limit=many', named)).status).toBe(403);
    expect((await askAs('publisher', '/test?limit=many', named)).status).toBe(400);
    expect(await askAs('publisher', '/test', named)).toMatchObject({
      status: 403,
      headers: { 'Content-Type': 'application/problem+json' },
      json: { code: 'PERMISSION_DENIED', detail: expect.stringContaining("on model 'fraud'") },
    });
    expect(told).toEqual([]);
    expect((await askAs('publisher', '/test', { ...route, models: () => ['heart'] })).status).toBeUndefined();
    expect((await askAs('publisher', '/test', { ...route, models: 'all' })).status).toBe(403);
  });

  it('asks nobody for a token on a public route', async () => {
    const { route, told } = telling('public');

    await ask(route, { headers: { authorization: 'Bearer wrong' } }, { access: TOKEN_ACCESS });

    expect(told[0]?.actor).toBe('anonymous');
  });

  it('never throws, whatever a handler throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), async (thrown) => {
        const failed = await ask(routeOf(() => Promise.reject(thrown)));

        expect(failed).toMatchObject({ status: 500, json: { code: 'INTERNAL_ERROR' } });
        expect(JSON.stringify(failed)).not.toContain('stack');
      }),
    );
  });

  it.each([
    [
      'throws at once',
      () => {
        throw new Error('boom');
      },
    ],
    ['answers nothing', () => Promise.resolve(undefined)],
    [
      'throws what cannot be turned into text',
      () =>
        Promise.reject({
          toString: () => {
            throw new Error('no');
          },
        }),
    ],
    ['throws nothing', () => Promise.reject()],
  ])('answers 500 when a handler %s', async (_, handle) => {
    expect(await ask(routeOf(handle as unknown as Handle))).toMatchObject({ status: 500 });
  });

  it('logs what broke on our side with its cause, and nothing of what the caller got wrong', async () => {
    const lines: (readonly [LogFields, string])[] = [];
    const log: Logger = {
      ...silentLogger,
      error: (fields, message) => lines.push([fields, message]),
      child: () => log,
    };

    await ask(
      routeOf(() => Promise.reject(new SlipwayError('INVALID_STATE', 'not now'))),
      {},
      { log },
    );
    expect(lines).toEqual([]);

    await ask(
      routeOf(() => Promise.reject(new TypeError('boom'))),
      {},
      { log },
    );
    expect(lines).toEqual([[{ code: 'INTERNAL_ERROR', stack: expect.stringContaining('TypeError: boom') }, 'boom']]);
  });
});
