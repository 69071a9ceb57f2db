import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../../functions/http/mlflow/routes.ts';
import type { AnyRoute, Dialect } from '../../../shared/platform/http/route.ts';
import { bodyFor, pathFor, queryFor, upload } from '../../support/fuzz/arbitraries.ts';
import type { Reply } from '../../support/http-call.ts';
import { withStack } from '../../support/stack-story.ts';

const HOST = 'local/host/main.ts';
const ANSWER_WITHIN_MS = 10_000;
/** Requests to each route. */
const RUNS = Number(process.env['SLIPWAY_FUZZ_RUNS'] ?? 60);

/** Those under `/ajax-api` are the same handlers once more. */
const ROUTES = [...mlflowRoutes, ...apiRoutes]
  .filter(({ path }) => !path.startsWith('ajax-api/'))
  .map((route: AnyRoute<never>) => ({ title: `${route.method} /${route.path}`, route }));

interface Request {
  readonly path: string;
  readonly query: string;
  readonly body: string | Buffer | undefined;
}

const requestsTo = ({ path, query, body }: AnyRoute<never>): fc.Arbitrary<Request> =>
  fc.record({
    path: pathFor(path),
    query: queryFor(Object.keys(query?.shape ?? {})),
    body: body === undefined ? fc.constant(undefined) : body === 'stream' ? upload : bodyFor(body),
  });

const site = withStack();
let hostPid: number | undefined;

const send = (method: string, { path, query, body }: Request): Promise<Reply> => {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS).unref();
  });
  return Promise.race([site.story.stack.call(method, query === '' ? path : `${path}?${query}`, { body }), late]);
};

const isJson = ({ headers }: Reply): boolean => /\bjson\b/.test(headers['content-type'] ?? '');

const expectDialect = (reply: Reply, dialect: Dialect): void => {
  const wanted =
    dialect === 'mlflow'
      ? { error_code: expect.stringMatching(/^[A-Z_]+$/), message: expect.stringMatching(/\w/) }
      : { status: reply.status, code: expect.stringMatching(/^[A-Z_]+$/), detail: expect.stringMatching(/\w/) };
  expect(reply.json).toMatchObject(wanted);
};

beforeAll(async () => {
  hostPid = site.story.stack.pidOf(HOST);
  await site.story.register('heart', 'v1');
});

afterEach(() => {
  expect(site.story.stack.pidOf(HOST), 'the host died').toBe(hostPid);
});

describe('a request that nobody should send', () => {
  it.each(ROUTES)('gets an answer that blames the client, in its dialect: $title', async ({ route }) => {
    await fc.assert(
      fc.asyncProperty(requestsTo(route), async (request) => {
        const reply = await send(route.method, request);

        // 501 is how MLflow's clients are told to do without.
        if (reply.status !== 501) expect(reply.status, reply.text).toBeLessThan(500);
        if (isJson(reply)) expect(reply.json, reply.text).toBeTypeOf('object');
        if (reply.status >= 400) expectDialect(reply, route.dialect);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  it('leaves a host that keeps working', async () => {
    expect(hostPid).toBeGreaterThan(0);
    await site.story.register('after-the-storm', 'v1');

    const { json } = await site.story.stack.call(
      'GET',
      '/api/2.0/mlflow/registered-models/search?filter=name%3D%27after-the-storm%27',
    );
    expect(json.registered_models).toMatchObject([{ name: 'after-the-storm' }]);
  });
});
