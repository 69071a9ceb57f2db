import { describe, expect, it } from 'vitest';
import { endpointRoutes } from '../../../functions/http/api/endpoints.ts';
import { policyRoutes } from '../../../functions/http/api/policies.ts';
import { rolloutRoutes } from '../../../functions/http/api/rollouts.ts';
import { answer } from '../../../shared/platform/http/answer.ts';
import type { AnyRoute, HttpAnswer } from '../../../shared/platform/http/route.ts';
import { rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { createRolloutWorld, type RolloutWorld } from '../../support/rollout-world.ts';

const ROUTES: readonly AnyRoute<never>[] = [...rolloutRoutes, ...endpointRoutes, ...policyRoutes];
const ONE = rolloutId('heart', 'heart-classifier', '1', 1);
const POLICY = { preset: 'fast', trigger: 'manual', selector: { endpoint: 'heart', model: 'heart-*' } };

interface Call {
  readonly params?: Record<string, string>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

const call = (world: RolloutWorld, name: string, { params = {}, query = '', body, headers = {} }: Call = {}) => {
  const route = ROUTES.find((candidate) => candidate.name === name);
  if (route === undefined) throw new Error(`no route ${name}`);
  const request = {
    params,
    query: new URLSearchParams(query),
    contentType: 'application/json',
    text: async () => (body === undefined ? '' : JSON.stringify(body)),
    header: (header: string) => headers[header],
    stream: undefined,
  };
  const services = { ...world.services, access: { mode: 'open' } as const };
  return answer(route as AnyRoute<typeof services>, request, services);
};

const shown = ({ status = 200, json }: HttpAnswer) => [status, json];

const begin = async (): Promise<RolloutWorld> => {
  const world = createRolloutWorld();
  await call(world, 'api-policies-put', { params: { name: 'p' }, body: POLICY });
  await call(world, 'api-rollouts-start', { body: { model: 'heart-classifier', version: '1' } });
  return world;
};

describe('the policies API', () => {
  const put = (world: RolloutWorld, body: unknown, headers = {}) =>
    call(world, 'api-policies-put', { params: { name: 'p' }, body, headers });

  it('creates, replaces, shows, lists and deletes', async () => {
    const world = createRolloutWorld();

    expect((await put(world, POLICY)).status).toBe(201);
    expect(await put(world, { ...POLICY, trigger: 'registration' })).toMatchObject({
      status: 200,
      headers: { ETag: '"2"' },
    });
    expect(await call(world, 'api-policies-get', { params: { name: 'p' } })).toMatchObject({
      headers: { ETag: '"2"' },
      json: { name: 'p', trigger: 'registration' },
    });
    expect(shown(await call(world, 'api-policies-list'))).toMatchObject([200, { items: [{ name: 'p' }] }]);
    expect((await call(world, 'api-policies-delete', { params: { name: 'p' } })).status).toBe(204);
    expect((await call(world, 'api-policies-get', { params: { name: 'p' } })).status).toBe(404);
    expect((await call(world, 'api-policies-delete', { params: { name: 'p' } })).status).toBe(404);
  });

  it.each([
    ['If-None-Match: * on a new one', false, { 'if-none-match': '*' }, 201],
    ['If-None-Match: * on one that exists', true, { 'if-none-match': '*' }, 412],
    ['If-Match of what was read', true, { 'if-match': '"1"' }, 200],
    ['If-Match of something else', true, { 'if-match': '"7"' }, 412],
    ['If-Match on a new one', false, { 'if-match': '"1"' }, 412],
  ])('answers %s', async (_, exists, headers, status) => {
    const world = createRolloutWorld();
    if (exists) await put(world, POLICY);

    expect((await put(world, POLICY, headers)).status).toBe(status);
  });

  it('does not delete what its caller has not seen', async () => {
    const world = createRolloutWorld();
    await put(world, POLICY);
    const remove = (etag: string) =>
      call(world, 'api-policies-delete', { params: { name: 'p' }, headers: { 'if-match': etag } });

    expect((await remove('"2"')).status).toBe(412);
    expect((await remove('"1"')).status).toBe(204);
  });

  it.each([
    ['every problem', { ...POLICY, mode: 'observe', trigger: 'never' }, ['mode: ', 'trigger: ']],
    ['another name', { ...POLICY, name: 'q' }, ['name: ']],
  ])('lists %s of a body', async (_, body, problems) => {
    const { status, json } = await put(createRolloutWorld(), body);

    expect(status).toBe(400);
    for (const problem of problems) expect((json as { detail: string }).detail).toContain(problem);
  });

  it('keeps the path of the presets free, and shows them', async () => {
    const world = createRolloutWorld();

    expect((await call(world, 'api-policies-put', { params: { name: 'presets' }, body: POLICY })).status).toBe(400);
    expect(shown(await call(world, 'api-policies-presets'))).toMatchObject([
      200,
      { items: [{ name: 'fast' }, { name: 'standard' }, { name: 'careful' }] },
    ]);
  });

  it('refuses windows that the metrics provider cannot tell apart', async () => {
    const world = createRolloutWorld({ granularityMs: 300_000 });

    expect((await put(world, POLICY)).status).toBe(400);
  });
});

describe('the rollouts API', () => {
  it('starts a rollout and shows it', async () => {
    const world = await begin();

    const got = await call(world, 'api-rollouts-get', { params: { id: ONE } });

    expect(got).toMatchObject({ headers: { ETag: '"1"' }, json: { id: ONE, phase: 'Provisioning', attempt: 1 } });
    expect(
      shown(await call(world, 'api-rollouts-list', { query: 'endpoint=heart&phase=Provisioning&phase=Smoke' })),
    ).toMatchObject([200, { items: [{ id: ONE }] }]);
    expect(shown(await call(world, 'api-rollouts-list', { query: 'phase=Succeeded' }))).toEqual([200, { items: [] }]);
    expect(shown(await call(world, 'api-rollouts-list', { query: 'model=lung' }))).toEqual([200, { items: [] }]);
  });

  it('says where a started rollout is', async () => {
    const world = createRolloutWorld();
    await call(world, 'api-policies-put', { params: { name: 'p' }, body: POLICY });

    const started = await call(world, 'api-rollouts-start', {
      body: { model: 'heart-classifier', version: '1', policy: 'p' },
    });

    expect(started).toMatchObject({ status: 201, headers: { Location: `/api/v1/rollouts/${ONE}` } });
  });

  it('shows gates and evidence of one that was judged', async () => {
    const world = await begin();
    await world.run({ forMs: 3_600_000 });
    await call(world, 'api-rollouts-start', { body: { model: 'heart-classifier', version: '2' } });
    await world.run({ forMs: 300_000 });

    const two = rolloutId('heart', 'heart-classifier', '2', 1);
    const { json } = await call(world, 'api-rollouts-get', { params: { id: two } });

    expect(json).toMatchObject({
      phase: 'Baking',
      gates: [
        { gate: 'dead', enforced: true },
        { gate: 'errors', enforced: true },
      ],
      smoke: [{ status: 200 }, { status: 200 }, { status: 200 }, { status: 200 }, { status: 200 }],
      traffic: { [`${(json as { to: { deployment: string } }).to.deployment}`]: 10 },
    });
    const schema = ROUTES.find(({ name }) => name === 'api-rollouts-get')?.output;
    expect(schema?.safeParse(json).error).toBeUndefined();
  });

  it('takes commands', async () => {
    const world = await begin();
    const command = (body: unknown, headers = {}) =>
      call(world, 'api-rollouts-command', { params: { id: ONE }, body, headers });

    expect(await command({ type: 'pause', commandId: 'c-1' })).toMatchObject({
      status: 202,
      json: { rev: 2, rollout: { pause: ['manual'] } },
    });
    expect(await command({ type: 'pause', commandId: 'c-1' })).toMatchObject({ status: 202, json: { rev: 2 } });
    expect(world.journal().at(-1)).toMatchObject({ causedBy: 'c-1', data: { actor: 'anonymous', reason: 'manual' } });
    expect((await command({ type: 'resume' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await command({ type: 'resume' }, { 'if-match': '"2"' })).status).toBe(202);
    expect((await command({ type: 'approve' })).status).toBe(409);
    expect((await command({ type: 'explode' })).status).toBe(400);
  });

  it.each([
    ['api-rollouts-get', { params: { id: 'heart.ro_0' } }],
    ['api-rollouts-command', { params: { id: 'nowhere' }, body: { type: 'abort' } }],
    ['api-endpoints-get', { params: { name: 'nowhere' } }],
  ])('%s answers 404 for what is not there', async (name, request) => {
    expect((await call(await begin(), name, request)).status).toBe(404);
  });
});

describe('the endpoints API', () => {
  it('shows who has an endpoint', async () => {
    const world = await begin();

    expect(await call(world, 'api-endpoints-get', { params: { name: 'heart' } })).toMatchObject({
      headers: { ETag: '"1"' },
      json: { name: 'heart', activeRolloutId: ONE },
    });
    await world.run({ forMs: 3_600_000 });
    expect(shown(await call(world, 'api-endpoints-list'))).toMatchObject([
      200,
      { items: [{ name: 'heart', stable: { version: '1' } }] },
    ]);
  });
});
