import { isDeepStrictEqual } from 'node:util';
import type { EpochMs } from '../../shared/platform/time.ts';
import type { GateVerdict } from '../../shared/rollout/gates.ts';
import type { Observation } from '../../shared/rollout/observation.ts';
import type { EndpointRecord, Phase, Rollout } from '../../shared/rollout/rollout.ts';
import type { Change, Rule, Tick } from '../../shared/rollout/transition.ts';
import { endpointIn, NOW, rolloutIn, seenIn } from './rollout-fixtures.ts';

export interface Situation {
  readonly rollout?: Partial<Rollout>;
  readonly endpoint?: Partial<EndpointRecord>;
  readonly seen?: Partial<Observation>;
  readonly verdicts?: readonly GateVerdict[];
  readonly now?: EpochMs;
}

/** A calm tick in a phase, with what is told to be otherwise. */
export const tickIn = (phase: Phase, { rollout, endpoint, seen, verdicts = [], now = NOW }: Situation = {}): Tick => ({
  rollout: rolloutIn(phase, rollout),
  endpoint: { ...endpointIn(phase), ...endpoint },
  seen: seenIn(phase, seen),
  verdicts,
  now,
});

const changed = (before: object, after: object): Record<string, unknown> =>
  Object.fromEntries(
    [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .map((key) => [key, Reflect.get(before, key) as unknown, Reflect.get(after, key) as unknown] as const)
      .filter(([, old, now]) => !isDeepStrictEqual(old, now))
      .map(([key, , now]) => [key, now]),
  );

/** Exactly what a change changes: the fields that differ, an emptied one as undefined. Compare with `toStrictEqual`. */
export const whatChanged = (tick: Tick, change: Change | undefined): Record<string, unknown> | undefined =>
  change === undefined
    ? undefined
    : {
        rollout: changed(tick.rollout, change.rollout),
        endpoint: changed(tick.endpoint, change.endpoint),
        effects: change.effects,
        happenings: change.happenings,
      };

/** Exactly what a rule changes in a situation; undefined when it does not apply. */
export const applied = (rule: Rule, phase: Phase, situation: Situation = {}): Record<string, unknown> | undefined => {
  const tick = tickIn(phase, situation);
  return whatChanged(tick, rule(tick));
};

/** What a tick that changes nothing answers, with what is told to be otherwise. */
export const still = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  rollout: {},
  endpoint: {},
  effects: [],
  happenings: [],
  ...more,
});

export const verdict = (gate: string, said: GateVerdict['verdict'], enforced = true): GateVerdict => ({
  gate,
  enforced,
  verdict: said,
  detail: { canaryRequests: 40 },
});

/** A verdict as entries tell it. */
export const toldVerdict = (gate: string, said: GateVerdict['verdict']): Record<string, unknown> => ({
  gate,
  verdict: said,
  detail: { canaryRequests: 40 },
});
