import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EventType } from '../../../../shared/events/catalogue.ts';
import { eventDataSchema } from '../../../../shared/events/catalogue.ts';
import {
  buildEnvironment,
  MAX_BUILD_MS,
  MAX_BUILDS,
} from '../../../../shared/packaging/environment/build-environment.ts';
import { ensureEnvironment, refreshEnvironment } from '../../../../shared/packaging/environment/ensure-environment.ts';
import type { BuildOutcome } from '../../../../shared/packaging/environment/environment-builder.ts';
import { LEASE_MS, RENEW_MS } from '../../../../shared/packaging/environment/keep-lease.ts';
import { SlipwayError } from '../../../../shared/platform/errors.ts';
import { built, environmentSpec, environmentWorld, scriptedBuilder } from '../../../support/packaging/environments.ts';

const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const OTHER = { causedBy: 'evt-2', correlationId: 'story-2' };
const SPEC = environmentSpec();
const RUNNING: BuildOutcome = { kind: 'running', job: { runId: 'r1' }, lookAgainMs: 5_000 };
const failed = (code: Extract<BuildOutcome, { kind: 'failed' }>['code']): BuildOutcome => ({
  kind: 'failed',
  code,
  message: `it is ${code}`,
  log: 'the last line',
});

const ensure = async (world: ReturnType<typeof environmentWorld>, cause = CAUSE, spec = SPEC) =>
  ensureEnvironment(world.services, spec, cause);

describe('asking for an environment', () => {
  it('two models with one environment build once', async () => {
    const builder = scriptedBuilder(built());
    const world = environmentWorld(builder);
    const [one, other] = await Promise.all([ensure(world), ensure(world, OTHER)]);
    expect(one).toEqual(other);
    await world.settle(one.key);
    expect(builder.requests).toHaveLength(1);
    expect(await ensure(world, OTHER)).toMatchObject({ phase: 'built', key: one.key, repository: 'env/mlflow' });
    expect(await ensure(world, CAUSE)).toMatchObject({ phase: 'built' });
  });

  it('an environment that differs is another', async () => {
    const world = environmentWorld();
    const { key } = await ensure(world);
    expect((await ensure(world, CAUSE, environmentSpec({ python: '3.12' }))).key).not.toBe(key);
  });

  it('is building until it is built, and the journal tells of it once', async () => {
    const world = environmentWorld(scriptedBuilder(RUNNING, RUNNING, built()));
    const { key } = await ensure(world);
    await buildEnvironment(world.services, { key });
    expect(await ensure(world)).toEqual({ phase: 'building', key });
    expect(await world.read(key)).toMatchObject({ phase: 'building', job: { runId: 'r1' } });
    await world.settle(key);
    await buildEnvironment(world.services, { key });
    const entries = world.journal();
    expect(entries.map(({ type, causedBy }) => [type, causedBy])).toEqual([['slipway.environment.built', 'evt-1']]);
    for (const { type, data } of entries) eventDataSchema(type as EventType).parse(data);
  });

  it('the builder sees its job again, and the same build id all along', async () => {
    const builder = scriptedBuilder(RUNNING, RUNNING, built());
    const world = environmentWorld(builder);
    await world.settle((await ensure(world)).key);
    expect(builder.requests.map(({ job }) => job)).toEqual([undefined, { runId: 'r1' }, { runId: 'r1' }]);
    expect(new Set(builder.requests.map(({ buildId }) => buildId)).size).toBe(1);
  });

  it('keeps what it was resolved to, under a key that equal locks share', async () => {
    const lock = { python: '3.11', platform: 'linux-x86_64', packages: [], text: 'numpy==2.1.3 --hash=sha256:00\n' };
    const world = environmentWorld(scriptedBuilder(built({ lock })));
    const one = await ensure(world);
    const other = await ensure(world, CAUSE, environmentSpec({ requirements: ['mlflow==2.19.0', 'numpy==2.1.*'] }));
    for (const { key } of [one, other]) await world.settle(key);
    const [first, second] = [await world.read(one.key), await world.read(other.key)];
    expect(first).toMatchObject({ built: { lock, lockKey: expect.stringMatching(/^[0-9a-f]{32}$/) } });
    expect(first?.phase === 'built' && first.built.lockKey).toBe(second?.phase === 'built' && second.built.lockKey);
    expect(await ensure(world)).toMatchObject({ lock });
  });
});

describe('one turn of a build, by phase', () => {
  const requested = async (answer: BuildOutcome) => {
    const builder = scriptedBuilder(answer);
    const world = environmentWorld(builder);
    const { key } = await ensure(world);
    return { world, key, builder };
  };

  it.each<[BuildOutcome, string, boolean]>([
    [built(), 'built', false],
    [RUNNING, 'building', true],
    [failed('no-wheel'), 'failed', false],
    [failed('no-matching-version'), 'failed', false],
    [failed('conflict'), 'failed', false],
    [failed('hash-mismatch'), 'failed', false],
    [failed('builder-refused'), 'failed', false],
    [failed('network'), 'requested', true],
    [failed('timeout'), 'requested', true],
  ])('requested, and the builder says %o: then it is %s', async (answer, phase, wakes) => {
    const { world, key } = await requested(answer);
    await buildEnvironment(world.services, { key });
    const document = await world.read(key);
    expect(document?.phase).toBe(phase);
    expect(document?.wakeUp != null).toBe(wakes);
  });

  it.each([built(), failed('no-wheel')])('after %o another message does nothing', async (answer) => {
    const { world, key, builder } = await requested(answer);
    await world.settle(key);
    const before = await world.read(key);
    await buildEnvironment(world.services, { key });
    expect(await world.read(key)).toEqual(before);
    expect(builder.requests).toHaveLength(1);
    expect(world.journal()).toHaveLength(1);
  });

  it('a message for an environment that nobody asked for does nothing', async () => {
    const world = environmentWorld();
    await buildEnvironment(world.services, { key: 'f'.repeat(32) });
    expect(world.documents.all()).toEqual([]);
  });

  it('while one worker asks the builder another does not, until the lease has ended', async () => {
    const answers: ((outcome: BuildOutcome) => void)[] = [];
    const builder = scriptedBuilder(() => new Promise((resolve) => answers.push(resolve)));
    const world = environmentWorld(builder);
    const { key } = await ensure(world);
    const first = buildEnvironment(world.services, { key });
    await expect.poll(() => answers.length).toBe(1);
    await buildEnvironment(world.services, { key });
    expect(builder.requests).toHaveLength(1);

    world.pass(LEASE_MS);
    const second = buildEnvironment(world.services, { key });
    await expect.poll(() => answers.length).toBe(2);
    answers[0]?.(failed('conflict'));
    await first;
    expect((await world.read(key))?.phase).toBe('building');
    answers[1]?.(built());
    await second;
    expect((await world.read(key))?.phase).toBe('built');
    expect(world.journal().map(({ type }) => type)).toEqual(['slipway.environment.built']);
  });

  it('a worker that is still at it keeps its lease, however long the builder takes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const answers: ((outcome: BuildOutcome) => void)[] = [];
    const builder = scriptedBuilder(() => new Promise((resolve) => answers.push(resolve)));
    const world = environmentWorld(builder);
    const { key } = await ensure(world);
    const first = buildEnvironment(world.services, { key });
    await expect.poll(() => answers.length).toBe(1);
    const leaseOf = async () => {
      const document = await world.read(key);
      return document?.phase === 'building' ? (document.leaseUntil ?? 0) : 0;
    };
    for (let passed = 0; passed < 3 * LEASE_MS; passed += RENEW_MS) {
      const before = await leaseOf();
      world.pass(RENEW_MS);
      vi.advanceTimersByTime(RENEW_MS);
      await expect.poll(leaseOf).toBe(before + RENEW_MS);
    }
    await buildEnvironment(world.services, { key });
    expect(builder.requests).toHaveLength(1);
    expect((await world.read(key))?.wakeUp?.at).toBe(await leaseOf());

    answers[0]?.(built());
    await first;
    expect((await world.read(key))?.phase).toBe('built');
  });

  it('another builder does not get the job of the one before it', async () => {
    const first = environmentWorld(scriptedBuilder(RUNNING));
    const { key } = await ensure(first);
    await buildEnvironment(first.services, { key });
    const second = { ...scriptedBuilder(built()), name: 'image' as const };
    await buildEnvironment({ ...first.services, environmentBuilder: second }, { key });
    expect(second.requests.map(({ job }) => job)).toEqual([undefined]);
    expect(await first.read(key)).toMatchObject({ phase: 'built', builder: 'image' });
  });

  it('a build that never ends has timed out, and is not tried for ever', async () => {
    const builder = scriptedBuilder(RUNNING);
    const world = environmentWorld(builder);
    const { key } = await ensure(world);
    for (let turn = 0; turn < MAX_BUILDS * 3; turn += 1) {
      world.pass(MAX_BUILD_MS + 1);
      await buildEnvironment(world.services, { key });
    }
    expect(await world.read(key)).toMatchObject({ phase: 'failed', failure: { code: 'timeout' } });
  });

  it('a failure that passes is tried a few times, each time as another build', async () => {
    const builder = scriptedBuilder(failed('network'));
    const world = environmentWorld(builder);
    const { key } = await ensure(world);
    await world.settle(key);
    expect(new Set(builder.requests.map(({ buildId }) => buildId)).size).toBe(MAX_BUILDS);
    expect(await ensure(world)).toMatchObject({ phase: 'failed', code: 'network', message: 'it is network' });
    expect(world.journal().map(({ type }) => type)).toEqual(['slipway.environment.failed']);
  });

  it.each([
    [new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the registry does not answer'), 'network'],
    [new SlipwayError('INVALID_PARAMETER_VALUE', 'no such profile'), 'builder-refused'],
    [new TypeError('a secret'), 'network'],
  ])('a builder that throws %s ends as %s', async (error, code) => {
    const world = environmentWorld(scriptedBuilder(() => Promise.reject(error)));
    const { key } = await ensure(world);
    await world.settle(key);
    const state = await ensure(world);
    expect(state).toMatchObject({ phase: 'failed', code });
    expect(JSON.stringify(state)).not.toContain('a secret');
  });
});

describe('failed environments', () => {
  it('stay failed for everybody until they are refreshed', async () => {
    const builder = scriptedBuilder(failed('no-wheel'), built());
    const world = environmentWorld(builder);
    const { key } = await ensure(world);
    await world.settle(key);
    expect(await ensure(world, OTHER)).toEqual({ phase: 'failed', key, code: 'no-wheel', message: 'it is no-wheel' });
    await refreshEnvironment(world.services, key, OTHER);
    await refreshEnvironment(world.services, key, OTHER);
    await world.settle(key);
    expect(await ensure(world)).toMatchObject({ phase: 'built' });
    expect(builder.requests).toHaveLength(2);
  });

  it('are asked for again by another cause when the failure may have passed', async () => {
    const answers = [...Array.from({ length: MAX_BUILDS }, () => failed('network')), built()];
    const world = environmentWorld(scriptedBuilder(...answers));
    const { key } = await ensure(world);
    await world.settle(key);
    expect(await ensure(world)).toMatchObject({ phase: 'failed' });
    expect(await ensure(world, OTHER)).toEqual({ phase: 'building', key });
    await world.settle(key);
    expect(await ensure(world)).toMatchObject({ phase: 'built' });
  });
});

describe('refreshing a built environment', () => {
  const OLD = built();
  const NEW = built({
    digest: `sha256:${'b'.repeat(64)}`,
    image: `registry.example/env/mlflow@sha256:${'b'.repeat(64)}`,
  });

  const refreshed = async (answer: BuildOutcome) => {
    const builder = scriptedBuilder(OLD, answer);
    const world = environmentWorld(builder);
    const { key } = await ensure(world);
    await world.settle(key);
    await refreshEnvironment(world.services, key, OTHER);
    const meanwhile = await ensure(world);
    await world.settle(key);
    return { world, key, builder, meanwhile };
  };

  it('resolves anew while the old image serves', async () => {
    const { world, builder, meanwhile } = await refreshed(NEW);
    expect(meanwhile).toMatchObject({ phase: 'built', digest: `sha256:${'a'.repeat(64)}` });
    expect(builder.requests.map(({ fresh }) => fresh)).toEqual([false, true]);
    expect(await ensure(world)).toMatchObject({ phase: 'built', digest: `sha256:${'b'.repeat(64)}` });
    expect(world.journal()).toHaveLength(2);
  });

  it('keeps the old image when that fails, and says why', async () => {
    const { world, key } = await refreshed(failed('conflict'));
    expect(await ensure(world)).toMatchObject({ phase: 'built', digest: `sha256:${'a'.repeat(64)}` });
    expect(await world.read(key)).toMatchObject({ refreshFailed: { code: 'conflict' } });
    expect(world.journal().map(({ type }) => type)).toEqual([
      'slipway.environment.built',
      'slipway.environment.failed',
    ]);
  });

  it('of one that nobody knows is refused', async () => {
    const world = environmentWorld();
    await expect(refreshEnvironment(world.services, 'f'.repeat(32), CAUSE)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});

describe('a worker that dies', () => {
  const places = Array.from({ length: 7 }, (_, index) => index + 1).flatMap((commit) =>
    (['before', 'after'] as const).map((when) => ({ commit, when })),
  );

  it.each(places)('$when its commit $commit leaves an environment that is built all the same', async (crashAt) => {
    const builder = scriptedBuilder(RUNNING, failed('network'), RUNNING, built());
    const world = environmentWorld(builder, { crashAt });
    const { key } = await ensure(world).catch(() => ensure(world));
    await world.settle(key);
    expect(await ensure(world)).toMatchObject({ phase: 'built' });
    expect(world.journal()).toHaveLength(1);
  });
});
