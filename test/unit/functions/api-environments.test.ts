import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { environmentDetail, environmentSummary } from '../../../functions/http/api/environment-views.ts';
import { environmentRoutes } from '../../../functions/http/api/environments.ts';
import { buildEnvironment } from '../../../shared/packaging/environment/build-environment.ts';
import { ensureEnvironment } from '../../../shared/packaging/environment/ensure-environment.ts';
import type { BuildOutcome } from '../../../shared/packaging/environment/environment-builder.ts';
import { callerOf } from '../../support/call-route.ts';
import { built, environmentSpec, environmentWorld, scriptedBuilder } from '../../support/packaging/environments.ts';
import { memoryImages } from '../../support/packaging/memory-images.ts';

const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const LOCK = {
  python: '3.11',
  platform: 'linux-x86_64',
  packages: [{ name: 'numpy', version: '2.1.3', sha256s: ['00'] }],
  text: 'numpy==2.1.3 --hash=sha256:00\n',
};
const FAILED: BuildOutcome = { kind: 'failed', code: 'no-wheel', message: 'There is no wheel.', log: 'the end' };

const setUp = async (...answers: readonly BuildOutcome[]) => {
  const world = environmentWorld(scriptedBuilder(...answers));
  const services = {
    ...world.services,
    images: memoryImages(),
    secretsKey: Buffer.alloc(32).toString('base64'),
    access: { mode: 'open' } as const,
  };
  const { key } = await ensureEnvironment(world.services, environmentSpec(), CAUSE);
  return { world, key, call: callerOf(environmentRoutes, services) };
};

describe('the API of environments', () => {
  it('shows what was asked for, and then what it was resolved to', async () => {
    const { world, key, call } = await setUp(built({ lock: LOCK, python: { wanted: '3.11', used: '3.12' } }));
    const path = `/api/v1/environments/${key}`;
    const before = await call('GET', path);
    expect(environmentDetail.parse(before.json)).toMatchObject({
      key,
      phase: 'requested',
      python: { wanted: '3.11' },
      requirements: ['mlflow==2.19.0', 'numpy==2.1.3'],
    });
    await world.settle(key);
    const after = await call('GET', path);
    expect(environmentDetail.parse(after.json)).toMatchObject({
      phase: 'built',
      python: { wanted: '3.11', used: '3.12' },
      built: { repository: 'env/mlflow' },
      lock: { packages: [{ name: 'numpy', version: '2.1.3' }] },
    });
  });

  it('lists environments without their locks, page by page', async () => {
    const { world, call } = await setUp(built({ lock: LOCK }));
    world.pass(1000);
    await ensureEnvironment(world.services, environmentSpec({ python: '3.12' }), CAUSE);
    const page = z.object({ items: z.array(environmentSummary), next: z.string().optional() });
    const first = page.parse((await call('GET', '/api/v1/environments?limit=1')).json);
    const second = page.parse(
      (await call('GET', `/api/v1/environments?limit=1&cursor=${encodeURIComponent(first.next ?? '')}`)).json,
    );
    expect([...first.items, ...second.items].map(({ python }) => python.wanted)).toEqual(['3.12', '3.11']);
    expect(JSON.stringify([first, second])).not.toContain('lock"');
  });

  it('says why one failed, and refreshes it', async () => {
    const { world, key, call } = await setUp(FAILED, built());
    await world.settle(key);
    const path = `/api/v1/environments/${key}`;
    expect((await call('GET', path)).json).toMatchObject({
      phase: 'failed',
      failure: { code: 'no-wheel', message: 'There is no wheel.', log: 'the end' },
    });
    expect(await call('POST', `${path}/refresh`)).toMatchObject({ status: 202, json: { phase: 'requested' } });
    await world.settle(key);
    expect((await call('GET', path)).json).toMatchObject({ phase: 'built' });
  });

  it('takes no result for a build that no pipeline was asked for', async () => {
    const { world, key, call } = await setUp({ kind: 'running', job: {}, lookAgainMs: 1 });
    await buildEnvironment(world.services, { key });
    const body = { status: 'failed', log: '' };
    const headers = { 'x-slipway-callback-token': 'x' };
    expect(await call('POST', `/api/v1/environments/${key}/result`, { body, headers })).toMatchObject({ status: 403 });
  });

  it.each([
    ['GET', '', undefined, 404],
    ['POST', '/refresh', undefined, 404],
    ['POST', '/result', { status: 'failed' }, 403],
    ['POST', '/result', { status: 'built', digest: 'latest' }, 400],
    ['POST', '/result', { status: 'perhaps' }, 400],
  ] as const)('%s of an unknown one%s with %j is refused with %i', async (method, rest, body, status) => {
    const { call } = await setUp();
    const path = `/api/v1/environments/${'f'.repeat(32)}${rest}`;
    expect(await call(method, path, body === undefined ? {} : { body })).toMatchObject({ status });
  });
});
