import { addMs, durationMs, type EpochMs } from '../../platform/time.ts';
import { isTerminal, type Rollout } from '../rollout.ts';
import { allOn, sameTraffic } from '../traffic.ts';
import { type Change, enter, isApplied, putTraffic, type Rule, release, stay, type Tick } from '../transition.ts';
import { mayRetry, nextTry } from './backoff.ts';

/** A rollback that cannot be verified is retried for ever, at most this far apart. */
export const ROLLBACK_RETRY_MS = 60_000;
const TRIES_BEFORE_PAGE = 3;

/** Checks after the end, against a server that applies a timed-out write late: after 5 s and after 65 s. */
export const GUARDS = 2;
const GUARD_DELAYS_MS = [65_000, 5_000];

/** When the next check after the end is due. */
export const guardAt = (rollout: Rollout): EpochMs | undefined => {
  const delayMs = GUARD_DELAYS_MS[rollout.guards - 1];
  return delayMs === undefined ? undefined : addMs(rollout.phaseAt, delayMs);
};

/** Rule 1. Stable is read back with all traffic: the endpoint is free for the next rollout. */
export const finishRollback: Rule = (tick) => {
  const { rollout } = tick;
  if (rollout.phase !== 'RollingBack' || !isApplied(tick, rollout.desired)) return undefined;
  const { reason = 'aborted', message = '', evidence } = rollout.outcome ?? {};
  const quiet = rollout.outcome?.phase === 'Superseded' && !rollout.hadTraffic;
  return enter(
    tick,
    'Cleanup',
    {
      type: quiet ? 'slipway.rollout.stepped' : 'slipway.rollout.rolled-back',
      note: { reason, message, ...(evidence === undefined ? {} : { evidence }) },
    },
    { ...release(tick), patch: { trafficPut: undefined, guards: GUARDS } },
  );
};

/** Rule 2. Nothing holds a rollback up: no pause, freeze or deadline. */
export const retryRollback: Rule = (tick) => {
  const { rollout, now } = tick;
  if (rollout.phase !== 'RollingBack') return undefined;
  if (!mayRetry(rollout.trafficPut, now, ROLLBACK_RETRY_MS)) return stay(tick);
  const trafficPut = nextTry(rollout.trafficPut, now);
  const note = { reason: 'rollback-unverified', message: 'the platform does not read back the traffic that was put' };
  return stay(tick, {
    patch: { trafficPut },
    effects: [putTraffic(rollout.desired)],
    happenings: trafficPut.tries === TRIES_BEFORE_PAGE ? [{ type: 'slipway.rollout.stepped', note }] : [],
  });
};

const keepCanaryMs = ({ outcome, hadTraffic, policy }: Rollout): number =>
  outcome?.phase === 'Superseded' && !hadTraffic ? 0 : durationMs(policy.rollback.keepCanary);

/** When the canary may go. */
export const canaryGoesAt = (rollout: Rollout): EpochMs => addMs(rollout.phaseAt, keepCanaryMs(rollout));

/** Rule 3. The canary is kept for a look at its logs, then deleted. */
export const cleanUp: Rule = (tick) => {
  const { rollout, now, seen } = tick;
  if (rollout.phase !== 'Cleanup') return undefined;
  const guard = checkAgain(tick);
  if (guard !== undefined) return guard;
  if (now < canaryGoesAt(rollout)) return stay(tick);
  if (seen.canary !== undefined && mayDeleteCanary(tick)) return deleteCanary(tick);
  const end = rollout.outcome?.phase ?? 'RolledBack';
  const note = { reason: rollout.outcome?.reason ?? 'aborted' };
  return enter(tick, end, { note }, { happenings: seen.canary === undefined ? retired(rollout) : [] });
};

const retired = (rollout: Rollout): Change['happenings'] =>
  rollout.deploymentPut === undefined
    ? []
    : [{ type: 'slipway.deployment.retired', deployment: rollout.to.deployment }];

/** Never a deployment that serves: somebody may have given it traffic by hand, or made it stable. */
const mayDeleteCanary = ({ rollout, endpoint, seen }: Tick): boolean =>
  rollout.to.deployment !== endpoint.stable?.deployment &&
  (seen.endpoint?.traffic[rollout.to.deployment] ?? 0) === 0 &&
  (seen.endpoint?.mirrorTraffic[rollout.to.deployment] ?? 0) === 0;

const deleteCanary = (tick: Tick): Change =>
  stay(tick, {
    effects:
      tick.seen.canary?.provisioningState === 'Deleting'
        ? []
        : [{ type: 'delete-deployment', deployment: tick.rollout.to.deployment }],
  });

const checkAgain = (tick: Tick): Change | undefined => {
  const { rollout, endpoint, seen, now } = tick;
  const at = guardAt(rollout);
  if (at === undefined || now < at) return undefined;
  const patch = { guards: rollout.guards - 1 };
  const wish = allOn(endpoint.stable?.deployment);
  const fine = endpoint.activeRolloutId !== undefined || sameTraffic(seen.endpoint?.traffic ?? {}, wish.traffic);
  if (fine) return stay(tick, { patch });
  const note = { reason: 'traffic-corrected', message: 'traffic had changed after the end of the rollout' };
  return stay(tick, {
    patch,
    effects: [putTraffic(wish)],
    happenings: [{ type: 'slipway.rollout.stepped', note }],
  });
};

/** After the end: the traffic is checked again, and a deployment that never came up is removed. */
export const afterTheEnd: Rule = (tick) => {
  const { rollout, now, seen } = tick;
  if (!isTerminal(rollout.phase)) return undefined;
  if (rollout.phase !== 'Failed') return checkAgain(tick) ?? stay(tick);
  if (rollout.guards === 0 || now < canaryGoesAt(rollout)) return stay(tick);
  if (seen.canary !== undefined && mayDeleteCanary(tick)) return deleteCanary(tick);
  return stay(tick, { patch: { guards: 0 }, happenings: retired(rollout) });
};
