import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import type { PackageState } from '../../../../shared/rollout/ports.ts';
import { claimEndpoint, provision, started } from '../../../../shared/rollout/rules/provisioning.ts';
import { deployment, HOUR, NOW, POLICY, rolloutIn, STABLE } from '../../../support/rollout-fixtures.ts';
import { applied, still } from '../../../support/rollout-ticks.ts';

const IMAGE = 'registry.example/heart@sha256:2';
const PENDING = { rolloutId: 'heart.ro_3', model: 'heart-classifier', version: '3' };
const SPEC = {
  image: IMAGE,
  model: { name: 'heart-classifier', version: '2' },
  instanceType: 'Standard_DS3_v2',
  instanceCount: 1,
  environmentVariables: {},
  requestTimeoutMs: 5_000,
  collectData: true,
};
const DEPLOY = { type: 'put-deployment', deployment: 'v2-bbbb', spec: SPEC };

describe('a queued rollout', () => {
  const mine = rolloutIn('Queued').id;
  const own = { rolloutId: mine, model: 'heart-classifier', version: '2' };

  it.each([
    ['free', undefined, own],
    ['free, with nobody waiting', undefined, undefined],
    ['its own already', mine, own],
  ])('takes an endpoint that is %s', (_, activeRolloutId, pending) => {
    expect(
      applied(claimEndpoint, 'Queued', {
        rollout: { from: undefined, deadlineAt: undefined, desired: { traffic: {}, mirrorTraffic: {} } },
        endpoint: { activeRolloutId, pending },
      }),
    ).toStrictEqual({
      rollout: {
        phase: 'Provisioning',
        phaseAt: NOW,
        from: STABLE,
        desired: { traffic: { 'v1-aaaa': 100 }, mirrorTraffic: {} },
        deadlineAt: NOW + 24 * HOUR,
      },
      endpoint: {
        ...(activeRolloutId === undefined ? { activeRolloutId: mine } : {}),
        ...(pending === undefined ? {} : { pending: undefined }),
      },
      effects: [],
      happenings: [{ type: 'slipway.rollout.started', note: { fromPhase: 'Queued' } }],
    });
  });

  it.each([
    ['another has it', 'heart.ro_1', own],
    ['another is next', undefined, PENDING],
  ])('waits while %s', (_, activeRolloutId, pending) => {
    expect(applied(claimEndpoint, 'Queued', { endpoint: { activeRolloutId, pending } })).toStrictEqual(still());
    expect(applied(claimEndpoint, 'Smoke', { endpoint: { activeRolloutId, pending } })).toBeUndefined();
  });

  it('begins without traffic on an endpoint without a stable version', () => {
    expect(started(rolloutIn('Queued'), undefined, NOW)).toStrictEqual({
      from: undefined,
      desired: { traffic: {}, mirrorTraffic: {} },
      deadlineAt: NOW + 24 * HOUR,
    });
  });
});

const failed = (
  reason: string,
  message: string,
  more: { readonly guards?: number; readonly effects?: readonly unknown[]; readonly rollout?: object } = {},
) => ({
  rollout: {
    phase: 'Failed',
    phaseAt: NOW,
    outcome: { phase: 'Failed', reason, message },
    ...(more.guards === 0 ? {} : { guards: 1 }),
    ...more.rollout,
  },
  endpoint: { activeRolloutId: undefined },
  effects: more.effects ?? [],
  happenings: [{ type: 'slipway.rollout.failed', note: { fromPhase: 'Provisioning', reason, message } }],
});

describe('packaging', () => {
  const before = { image: undefined, servingInput: undefined, deploymentPut: undefined };
  const seeing = (packageState: PackageState | undefined) =>
    applied(provision, 'Provisioning', {
      rollout: before,
      seen: { canary: undefined, ...(packageState === undefined ? {} : { packageState }) },
    });

  it('is asked for and waited for', () => {
    expect(seeing(undefined)).toStrictEqual(still({ effects: [{ type: 'request-package' }] }));
    expect(seeing({ phase: 'requested' })).toStrictEqual(still());
    expect(applied(provision, 'Smoke', { rollout: before })).toBeUndefined();
  });

  it('that is refused fails the rollout, with nothing to roll back or to delete', () => {
    expect(seeing({ phase: 'refused', code: 'c', message: 'no signature' })).toStrictEqual(
      failed('package-refused', 'no signature', { guards: 0 }),
    );
  });

  it('that is built is deployed', () => {
    expect(seeing({ phase: 'built', image: IMAGE, servingInput: '{"a":1}' })).toStrictEqual(
      still({
        rollout: { image: IMAGE, servingInput: '{"a":1}', deploymentPut: { at: NOW, tries: 1 } },
        effects: [DEPLOY],
      }),
    );
  });
});

describe('the canary deployment', () => {
  it('is put, and put again later when nothing came of it', () => {
    const gone = (agoMs: number, tries: number) =>
      applied(provision, 'Provisioning', {
        rollout: { deploymentPut: { at: epochMs(NOW - agoMs), tries } },
        seen: { canary: undefined },
      });

    expect(gone(2_000, 1)).toStrictEqual(
      still({ rollout: { deploymentPut: { at: NOW, tries: 2 } }, effects: [DEPLOY] }),
    );
    expect(gone(1_999, 1)).toStrictEqual(still());
    expect(gone(119_999, 9)).toStrictEqual(still());
  });

  it('is made as the policy says', () => {
    const policy = {
      ...POLICY,
      deployment: {
        instanceCount: 3,
        requestTimeout: 'PT1M',
        environmentVariables: { LEVEL: 'debug' },
        collectData: false,
      },
    };

    expect(
      applied(provision, 'Provisioning', {
        rollout: { policy, deploymentPut: undefined, instanceType: 'Standard_F4s_v2' },
        seen: { canary: undefined },
      }),
    ).toMatchObject({
      effects: [
        {
          spec: {
            ...SPEC,
            instanceType: 'Standard_F4s_v2',
            instanceCount: 3,
            requestTimeoutMs: 60_000,
            environmentVariables: { LEVEL: 'debug' },
            collectData: false,
          },
        },
      ],
    });
  });

  it.each(['Creating', 'Updating', 'Scaling', 'Deleting'] as const)('is waited for while it is %s', (state) => {
    expect(applied(provision, 'Provisioning', { seen: { canary: deployment('v2-bbbb', state) } })).toStrictEqual(
      still(),
    );
  });

  it.each(['Failed', 'Canceled'] as const)('that is %s is put again and counted', (state) => {
    expect(applied(provision, 'Provisioning', { seen: { canary: deployment('v2-bbbb', state) } })).toStrictEqual(
      still({ rollout: { provisionFailures: 1, deploymentPut: { at: NOW, tries: 2 } }, effects: [DEPLOY] }),
    );
  });

  it('that failed is counted once per write', () => {
    const rollout = { deploymentPut: { at: epochMs(NOW - 1_000), tries: 1 }, provisionFailures: 2 };

    expect(
      applied(provision, 'Provisioning', { rollout, seen: { canary: deployment('v2-bbbb', 'Failed') } }),
    ).toStrictEqual(still());
  });

  it('that failed three times fails the rollout', () => {
    const rollout = { provisionFailures: 2, pause: ['manual'] as const };
    const seen = { canary: deployment('v2-bbbb', 'Failed') };

    expect(applied(provision, 'Provisioning', { rollout, seen })).toStrictEqual(
      failed('deployment-failed', 'the deployment did not come up', { rollout: { pause: [] } }),
    );
    expect(
      applied(provision, 'Provisioning', {
        rollout: { provisionFailures: 2 },
        seen: { canary: { ...deployment('v2-bbbb', 'Failed'), error: 'out of memory' } },
        endpoint: { pending: PENDING },
      }),
    ).toStrictEqual(
      failed('deployment-failed', 'out of memory', { effects: [{ type: 'wake-rollout', rolloutId: 'heart.ro_3' }] }),
    );
  });

  it('that was refused is put again, and the refusal forgotten', () => {
    const refusal = { effect: 'put-deployment', message: 'quota' };
    const seen = { canary: undefined };

    expect(applied(provision, 'Provisioning', { rollout: { refusal }, seen })).toStrictEqual(
      still({
        rollout: { provisionFailures: 1, refusal: undefined, deploymentPut: { at: NOW, tries: 2 } },
        effects: [DEPLOY],
      }),
    );
    expect(applied(provision, 'Provisioning', { rollout: { refusal, provisionFailures: 2 }, seen })).toStrictEqual(
      failed('deployment-failed', 'quota'),
    );
    expect(
      applied(provision, 'Provisioning', { rollout: { refusal: { effect: 'put-traffic', message: 'no' } }, seen }),
    ).toMatchObject({ rollout: { deploymentPut: { tries: 2 } } });
  });

  const UP = { canary: deployment('v2-bbbb') };

  it('that is up is smoked first', () => {
    expect(applied(provision, 'Provisioning', { rollout: { step: 3 }, seen: UP })).toStrictEqual(
      still({
        rollout: { phase: 'Smoke', phaseAt: NOW, step: 0 },
        happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'Provisioning' } }],
      }),
    );
  });

  it.each([
    ['the first weight, without a smoke step', STABLE, 0, { 'v1-aaaa': 90, 'v2-bbbb': 10 }],
    ['everything at once, without a stable version', undefined, 2, { 'v2-bbbb': 100 }],
  ])('that is up gets %s', (_, from, step, traffic) => {
    const rollout = { policy: { ...POLICY, steps: POLICY.steps.slice(1) }, from, step: 9 };

    expect(applied(provision, 'Provisioning', { rollout, seen: UP })).toMatchObject({
      rollout: { phase: 'Shifting', step, desired: { traffic } },
      effects: [{ type: 'put-traffic', traffic }],
    });
  });
});
