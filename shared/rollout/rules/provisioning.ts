import { durationMs } from '../../platform/time.ts';
import type { DeploymentSpec } from '../ports.ts';
import type { Rollout } from '../rollout.ts';
import { judgeSmoke } from '../smoke.ts';
import { type Change, enter, type Rule, rollBack, stay, type Tick } from '../transition.ts';
import { mayRetry, nextTry } from './backoff.ts';
import { shiftTo } from './steps.ts';

const MOST_PROVISION_FAILURES = 3;
const RETRY_MS = 120_000;

/** Queued: takes the endpoint as soon as nobody has it. */
export const claimEndpoint: Rule = (tick) => {
  const { rollout, endpoint, now } = tick;
  if (rollout.phase !== 'Queued') return undefined;
  const free = endpoint.activeRolloutId === undefined || endpoint.activeRolloutId === rollout.id;
  const isNext = endpoint.pending === undefined || endpoint.pending.rolloutId === rollout.id;
  if (!free || !isNext) return stay(tick);
  return enter(
    tick,
    'Provisioning',
    { type: 'slipway.rollout.started' },
    {
      patch: started(rollout, endpoint.stable, now),
      endpoint: { activeRolloutId: rollout.id, pending: undefined },
    },
  );
};

/** What a rollout takes over from the endpoint at its start. */
export const started = (rollout: Rollout, stable: Rollout['from'], now: Tick['now']): Partial<Rollout> => ({
  from: stable,
  desired: { traffic: stable === undefined ? {} : { [stable.deployment]: 100 }, mirrorTraffic: {} },
  deadlineAt: (now + durationMs(rollout.policy.deadline.after)) as Tick['now'],
});

/** Rule 13. Package, then deployment at 0 %, then on. */
export const provision: Rule = (tick) => {
  const { rollout, seen } = tick;
  if (rollout.phase !== 'Provisioning') return undefined;
  if (rollout.image !== undefined) return deploy(tick, rollout.image);
  const state = seen.packageState;
  switch (state?.phase) {
    case undefined:
      return stay(tick, { effects: [{ type: 'request-package' }] });
    case 'requested':
      return stay(tick);
    case 'refused':
      return fail(tick, 'package-refused', state.message);
    case 'built':
      return deploy(
        { ...tick, rollout: { ...rollout, image: state.image, servingInput: state.servingInput } },
        state.image,
      );
  }
};

const deploy = (tick: Tick, image: string): Change => {
  const { rollout, seen } = tick;
  if (rollout.refusal?.effect === 'put-deployment') return provisionFailed(tick, rollout.refusal.message, image);
  switch (seen.canary?.provisioningState) {
    case 'Succeeded':
      return begin(tick);
    case 'Failed':
    case 'Canceled':
      return provisionFailed(tick, seen.canary.error ?? 'the deployment did not come up', image);
    case undefined:
      return putDeployment(tick, image);
    case 'Creating':
    case 'Updating':
    case 'Scaling':
    case 'Deleting':
      return stay(tick);
  }
};

const putDeployment = (tick: Tick, image: string, patch: Partial<Rollout> = {}): Change => {
  const { rollout, now } = tick;
  if (!mayRetry(rollout.deploymentPut, now, RETRY_MS)) return stay(tick);
  return stay(tick, {
    patch: { ...patch, deploymentPut: nextTry(rollout.deploymentPut, now) },
    effects: [{ type: 'put-deployment', deployment: rollout.to.deployment, spec: deploymentSpec(rollout, image) }],
  });
};

/** A failure counts once per write: the same failed state is seen at every tick until the next write. */
const provisionFailed = (tick: Tick, message: string, image: string): Change => {
  const { rollout, now } = tick;
  if (!mayRetry(rollout.deploymentPut, now, RETRY_MS)) return stay(tick);
  const provisionFailures = rollout.provisionFailures + 1;
  if (provisionFailures >= MOST_PROVISION_FAILURES) return fail(tick, 'deployment-failed', message);
  return putDeployment(tick, image, { provisionFailures, refusal: undefined });
};

/** Nothing was shifted, so there is nothing to roll back. */
const fail = (tick: Tick, reason: string, message: string): Change => {
  const { rollout, endpoint } = tick;
  return enter(
    tick,
    'Failed',
    { type: 'slipway.rollout.failed', note: { reason, message } },
    {
      patch: {
        outcome: { phase: 'Failed', reason, message },
        pause: [],
        guards: rollout.deploymentPut === undefined ? 0 : 1,
      },
      endpoint: { activeRolloutId: undefined },
      effects: endpoint.pending === undefined ? [] : [{ type: 'wake-rollout', rolloutId: endpoint.pending.rolloutId }],
    },
  );
};

const deploymentSpec = (rollout: Rollout, image: string): DeploymentSpec => {
  const { deployment } = rollout.policy;
  return {
    image,
    model: { name: rollout.model, version: rollout.version },
    instanceType: rollout.instanceType,
    instanceCount: deployment.instanceCount,
    environmentVariables: deployment.environmentVariables,
    requestTimeoutMs: durationMs(deployment.requestTimeout),
    collectData: deployment.collectData,
  };
};

const begin = (tick: Tick): Change => {
  const first = tick.rollout.policy.steps[0];
  return first?.kind === 'smoke'
    ? enter(tick, 'Smoke', {}, { patch: { step: 0 } })
    : shiftTo(tick, tick.rollout.from === undefined ? tick.rollout.policy.steps.length - 1 : 0);
};

/** Rule 14. Every answer was good, or the canary never sees a real request. */
export const finishSmoke: Rule = (tick) => {
  const { rollout, now } = tick;
  if (rollout.phase !== 'Smoke') return undefined;
  const result = judgeSmoke(rollout, now);
  switch (result.kind) {
    case 'running':
      return stay(tick);
    case 'failed':
      return rollBack(tick, {
        phase: 'RolledBack',
        reason: 'smoke-failed',
        message: result.message,
        verdicts: [result.verdict],
        blocks: true,
      });
    case 'passed': {
      // Without stable there is nothing to compare with: a ladder would only delay.
      const next = rollout.from === undefined ? rollout.policy.steps.length - 1 : rollout.step + 1;
      return shiftTo(tick, next, { verdicts: [result.verdict] });
    }
  }
};
