import { beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../functions/http/mlflow/routes.ts';
import type { CallOptions, Reply } from '../support/http-call.ts';
import { expectMlflowError, expectProblem } from '../support/refusals.ts';
import { quickPolicy, withStack } from '../support/stack-story.ts';

const HOST = 'local/host/main.ts';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';
const MLFLOW = '/api/2.0/mlflow';
const MODEL = 'heart';

const site = withStack();
let hostPid: number | undefined;

const call = (method: string, path: string, options?: CallOptions): Promise<Reply> =>
  site.story.stack.call(method, path, options);

beforeAll(async () => {
  hostPid = site.story.stack.pidOf(HOST);
  await site.story.register(MODEL, 'v1');
});

describe('a path that leads out of the artifact store', () => {
  const escapes = [
    '../secret',
    'a/../../secret',
    '%2e%2e/secret',
    '%2e%2e%2fsecret',
    '..%2fsecret',
    '..%2F..%2F..%2Fetc%2Fpasswd',
    '%252e%252e%252fsecret',
    '%25252e%25252e%25252fsecret',
    '/etc/passwd',
    '%2Fetc%2Fpasswd',
    '..\\secret',
    '..%5csecret',
    'a%5c..%5csecret',
    'C:%5cwindows',
    'file:%2f%2f%2fetc%2fpasswd',
    'a%00b',
    '%00',
    'a%0d%0aSet-Cookie:x',
    'a%23b',
  ];
  const root = async () => (await call('GET', ARTIFACTS)).json;

  it.each(escapes)('is refused for every method: %s', async (path) => {
    const before = await root();
    const replies = [
      await call('PUT', `${ARTIFACTS}/${path}`, { body: 'x' }),
      await call('GET', `${ARTIFACTS}/${path}`),
      await call('DELETE', `${ARTIFACTS}/${path}`),
    ];

    for (const { status } of replies.slice(0, 2)) expect([400, 404]).toContain(status);
    for (const { text } of replies) expect(text).not.toContain('root:');
    expect(await root()).toEqual(before);
  });

  it.each(['..', '../x', '%2e%2e%2fx', '%252e%252e%252fx', '/etc', '%2Fetc', '..%5cx', 'a%00b'])(
    'is refused when it is listed or read: %s',
    async (path) => {
      expectMlflowError(await call('GET', `${ARTIFACTS}?path=${path}`), 400, 'INVALID_PARAMETER_VALUE');
      const read = `/model-versions/get-artifact?name=${MODEL}&version=1&path=${path}`;
      expectMlflowError(await call('GET', read), 400, 'INVALID_PARAMETER_VALUE');
    },
  );

  it.each([
    '/etc/passwd',
    'file:///etc/passwd',
    'mlflow-artifacts:/../secret',
    'mlflow-artifacts:/a/%2e%2e/b',
    'C:\\x',
  ])('is refused as the source of a version: %s', async (source) => {
    const reply = await call('POST', `${MLFLOW}/model-versions/create`, { body: { name: MODEL, source } });

    expectMlflowError(reply, 400, 'INVALID_PARAMETER_VALUE');
  });
});

describe('a body that is not what was asked for', () => {
  it.each([
    ['broken JSON', '{"name": '],
    ['a list', '[]'],
    ['a number', '7'],
    ['null', 'null'],
    ['nothing', ''],
    ['a number for the name', '{"name": 7}'],
    ['an object for the name', '{"name": {"a": 1}}'],
    ['a number for the description', '{"name": "x", "description": 7}'],
    ['a text for the tags', '{"name": "x", "tags": "a=b"}'],
    ['an empty name', '{"name": ""}'],
  ])('is refused by the MLflow API: %s', async (_, body) => {
    const reply = await call('POST', `${MLFLOW}/registered-models/create`, { body });

    expectMlflowError(reply, 400, 'INVALID_PARAMETER_VALUE');
  });

  it.each([
    ['broken JSON', '{"type": ', 'BAD_REQUEST'],
    ['a list', '[]', 'INVALID_PARAMETER_VALUE'],
    ['a number', '7', 'INVALID_PARAMETER_VALUE'],
    ['null', 'null', 'INVALID_PARAMETER_VALUE'],
    ['nothing', '', 'INVALID_PARAMETER_VALUE'],
    ['a number for a text', '{"kind": "webhook", "url": 7}', 'INVALID_PARAMETER_VALUE'],
    ['an unknown kind', '{"kind": "pigeon"}', 'INVALID_PARAMETER_VALUE'],
    ['an unknown field', '{"kind": "log", "volume": 11}', 'INVALID_PARAMETER_VALUE'],
    ['a short secret', '{"kind": "webhook", "url": "https://example.com", "secret": "x"}', 'INVALID_PARAMETER_VALUE'],
  ])('is refused by our own API: %s', async (_, body, code) => {
    expectProblem(await call('PUT', '/api/v1/channels/team', { body }), 400, code);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'is refused as %s by both',
    async (type) => {
      const options = { body: '{"name": "x"}', headers: { 'content-type': type } };

      expectMlflowError(
        await call('POST', `${MLFLOW}/registered-models/create`, options),
        400,
        'INVALID_PARAMETER_VALUE',
      );
      expectProblem(await call('PUT', '/api/v1/channels/team', options), 400, 'BAD_REQUEST');
    },
  );

  it.each([1_100_000, 20_000_000])('is refused by both when it has %i bytes', async (bytes) => {
    const body = { name: 'x', kind: 'log', description: 'd'.repeat(bytes) };

    expectMlflowError(await call('POST', `${MLFLOW}/registered-models/create`, { body }), 413, 'PAYLOAD_TOO_LARGE');
    expectProblem(await call('PUT', '/api/v1/channels/team', { body }), 413, 'PAYLOAD_TOO_LARGE');
  });
});

describe('what does not exist', () => {
  it.each([
    ['GET', `${MLFLOW}/registered-models/get?name=nobody`],
    ['GET', `${MLFLOW}/model-versions/get?name=${MODEL}&version=99`],
    ['GET', `${MLFLOW}/model-versions/get?name=nobody&version=1`],
    ['GET', `/model-versions/get-artifact?name=${MODEL}&version=99&path=MLmodel`],
    ['GET', `/model-versions/get-artifact?name=${MODEL}&version=1&path=nothing`],
    ['GET', `${ARTIFACTS}/nothing`],
  ])('is told as such by the MLflow API: %s %s', async (method, path) => {
    expectMlflowError(await call(method, path), 404, 'RESOURCE_DOES_NOT_EXIST');
  });

  it.each([
    ['GET', '/api/v1/models/nobody'],
    ['GET', `/api/v1/models/${MODEL}/versions/99`],
    ['GET', '/api/v1/rollouts/heart.ro_0'],
    ['GET', '/api/v1/rollouts/nothing'],
    ['POST', '/api/v1/rollouts/heart.ro_0/commands', { type: 'abort' }],
    ['POST', '/api/v1/rollouts', { model: 'nobody', version: '1' }],
    ['POST', '/api/v1/rollouts', { model: MODEL, version: '1', policy: 'nothing' }],
    ['GET', '/api/v1/endpoints/nothing'],
    ['GET', '/api/v1/policies/nothing'],
    ['DELETE', '/api/v1/policies/nothing'],
    ['GET', '/api/v1/monitors/nothing'],
    ['GET', '/api/v1/events/nothing'],
    ['POST', '/api/v1/events/parked/nothing/replay'],
    ['POST', '/api/v1/events/parked/2026-01-01.pk_0/replay'],
  ] as const)('is told as such by our own API: %s %s', async (method, path, body?: object) => {
    expectProblem(await call(method, path, { body }), 404, 'RESOURCE_DOES_NOT_EXIST');
  });

  it('is no version that a rollout could be started with', async () => {
    await site.story.client.request('PUT', '/api/v1/policies/heart', quickPolicy(MODEL, MODEL));

    const reply = await call('POST', '/api/v1/rollouts', { body: { model: MODEL, version: '99' } });

    expectProblem(reply, 404, 'RESOURCE_DOES_NOT_EXIST');
  });

  it('is a channel that an alert rule names', async () => {
    const body = { eventTypes: ['slipway.rollout.*'], channels: ['nobody'] };

    expectProblem(await call('PUT', '/api/v1/alert-rules/bad', { body }), 400, 'INVALID_PARAMETER_VALUE');
  });
});

describe('a route that there is not', () => {
  it.each([
    ['GET', '/api/2.0/mlflow/nothing'],
    ['POST', '/api/2.0/mlflow/registered-models/nothing'],
    ['GET', '/ajax-api/2.0/mlflow/nothing'],
    ['PUT', '/api/2.0/mlflow/registered-models/create'],
    ['POST', '/api/2.0/mlflow/registered-models/get'],
    ['DELETE', '/api/2.0/mlflow/model-versions/search'],
    ['GET', '/api/2.0/'],
  ])("answers MLflow's error: %s %s", async (method, path) => {
    expectMlflowError(await call(method, path), 404, 'ENDPOINT_NOT_FOUND');
  });

  it.each([
    ['GET', '/api/v1/nothing'],
    ['GET', '/api/v1'],
    ['PATCH', '/api/v1/policies/heart'],
    ['DELETE', '/api/v1/rollouts'],
    ['POST', '/api/v1/models'],
  ])('answers a problem: %s %s', async (method, path) => {
    expectProblem(await call(method, path), 404, 'ENDPOINT_NOT_FOUND');
  });

  it.each(['/nothing', '/favicon.ico', '/api', '/runtime/webhooks/nothing'])('is 404 elsewhere: %s', async (path) => {
    expect((await call('GET', path)).status).toBe(404);
  });
});

describe('a policy that makes no sense', () => {
  const good = quickPolicy('heart', MODEL);
  const { steps: _, ...withoutSteps } = good;

  it.each([
    ['no steps', withoutSteps, 'steps'],
    ['an unknown field', { ...good, colour: 'blue' }, 'colour'],
    ['another name', { ...good, name: 'other' }, 'name'],
    ['an endpoint that can have no such name', { ...good, selector: { endpoint: '-', model: MODEL } }, 'endpoint'],
    ['no gate and no leave for it', { ...good, allowUngated: false }, 'gates'],
    ['a last step below 100', { ...good, steps: [{ kind: 'traffic', weight: 50, bake: 'PT9S' }] }, 'steps'],
    ['a weight over 100', { ...good, steps: [{ kind: 'traffic', weight: 101 }] }, 'weight'],
    ['a duration that is none', { ...good, hold: { duration: 'soon' } }, 'hold.duration'],
    ['a gate that nobody knows', { ...good, gates: [{ id: 'x', type: 'vibes' }] }, 'gates'],
    ['a preset that nobody knows', { ...good, preset: 'reckless' }, 'preset'],
    ['an interval below what metrics can tell', { ...good, analysis: { interval: 'PT0.01S' } }, 'analysis'],
  ])('is refused, and says where: %s', async (_name, body, where) => {
    const reply = await call('PUT', '/api/v1/policies/bad', { body });

    expectProblem(reply, 400, 'INVALID_PARAMETER_VALUE');
    expect(reply.json.detail).toContain(where);
    expect((await call('GET', '/api/v1/policies/bad')).status).toBe(404);
  });

  it('is refused under a reserved name, and when it was changed meanwhile', async () => {
    expectProblem(await call('PUT', '/api/v1/policies/presets', { body: good }), 400, 'INVALID_PARAMETER_VALUE');
    const stale = { body: good, headers: { 'if-match': '"999"' } };
    expectProblem(await call('PUT', '/api/v1/policies/heart', stale), 412, 'PRECONDITION_FAILED');
  });
});

describe('anything at all', () => {
  const hostile = [
    '%00',
    '%F0%9F%92%A5',
    'a%2Fb',
    'a%5Cb',
    'a%3Fb%23c',
    "'%20OR%201%3D1%20--",
    '%22%7D',
    '..%2f..',
    '%ff',
    '.',
    'x'.repeat(300),
    'x'.repeat(5_000),
    '-1',
    '1e99',
    'constructor',
    '__proto__',
  ];
  const routes = [...mlflowRoutes, ...apiRoutes].map(({ method, path, query }) => ({
    method,
    path,
    queries: Object.keys(query?.shape ?? {}),
  }));

  it.each(routes)(
    'in the path and the query of $method $path is never our failure',
    async ({ method, path, queries }) => {
      for (const value of hostile) {
        const filled = `/${path.replaceAll(/\{\*?\w+\}/g, value)}`;
        const asked = queries.length === 0 ? '' : `?${queries.map((name) => `${name}=${value}`).join('&')}`;
        const bodies = method === 'GET' ? [undefined] : ['{"__proto__": {"x": 1}, "name": {"$": []}}'];
        for (const body of bodies) {
          const { status, text } = await call(method, `${filled}${asked}`, { body });
          expect(status, `${method} ${filled}${asked} ${text}`).toBeLessThan(500);
        }
      }
    },
  );

  it('lets the same host go on, with all that it knew', async () => {
    expect(hostPid).toBeGreaterThan(0);
    expect(site.story.stack.pidOf(HOST)).toBe(hostPid);
    expect((await call('GET', '/health')).status).toBe(200);
    expect((await call('GET', `${MLFLOW}/model-versions/get?name=${MODEL}&version=1`)).status).toBe(200);
    expect((await call('GET', `/model-versions/get-artifact?name=${MODEL}&version=1&path=MLmodel`)).status).toBe(200);
  });
});
