import { durationMs } from '../../platform/time.ts';
import type { EndpointRecord, Rollout } from '../rollout.ts';
import { type Change, enter, type Rule, release, stay, type Tick } from '../transition.ts';
import { GUARDS } from './rolling-back.ts';

const HOUR_MS = 3_600_000;

/** When the hold ends: at once without a version to keep hot, earlier when a newer one waits. */
export const holdEndsAt = (rollout: Rollout, endpoint: EndpointRecord): number => {
  const { hold } = rollout.policy;
  if (rollout.from === undefined) return rollout.phaseAt;
  const fullMs = durationMs(hold.duration);
  const yieldMs = hold.yieldAfter === undefined ? Math.min(fullMs, HOUR_MS) : durationMs(hold.yieldAfter);
  return rollout.phaseAt + (endpoint.pending === undefined ? fullMs : yieldMs);
};

/** Rule 21. The hold is over: from this batch on, the new version is what later rollouts go back to. */
export const finishHold: Rule = (tick) => {
  const { rollout, endpoint, now } = tick;
  if (rollout.phase !== 'Holding') return undefined;
  // Without a reading nobody knows whether the version is still good.
  if (now < holdEndsAt(rollout, endpoint) || rollout.errorStreak > 0) return stay(tick);
  const { model, version } = rollout;
  const { superseded: _late, ...latches } = rollout.latches;
  return enter(
    tick,
    'Retiring',
    {},
    {
      patch: { latches },
      endpoint: {
        stable: { deployment: rollout.to.deployment, model, version },
        blocked: endpoint.blocked.filter((blocked) => blocked.model !== model || blocked.version !== version),
      },
    },
  );
};

/** Rule 22. The version before is retired. */
export const finishRetiring: Rule = (tick) => {
  const { rollout, seen } = tick;
  if (rollout.phase !== 'Retiring') return undefined;
  if (rollout.from === undefined || rollout.policy.retire.action === 'keep') return succeed(tick, []);
  const { deployment } = rollout.from;
  if (seen.stable === undefined) return succeed(tick, [{ type: 'slipway.deployment.retired', deployment }]);
  return stay(tick, {
    effects: seen.stable.provisioningState === 'Deleting' ? [] : [{ type: 'delete-deployment', deployment }],
  });
};

const succeed = (tick: Tick, happenings: Change['happenings']): Change =>
  enter(
    tick,
    'Succeeded',
    { type: 'slipway.rollout.succeeded' },
    {
      ...release(tick),
      patch: { outcome: { phase: 'Succeeded', reason: 'promoted', message: 'the version is stable' }, guards: GUARDS },
      happenings,
    },
  );
