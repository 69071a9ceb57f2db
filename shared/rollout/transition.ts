import type { EventData } from '../events/catalogue.ts';
import type { EpochMs } from '../platform/time.ts';
import type { GateVerdict } from './gates.ts';
import type { Observation } from './observation.ts';
import type { DeploymentSpec } from './ports.ts';
import type { BlockedVersion, EndpointRecord, Outcome, PauseReason, Phase, Rollout } from './rollout.ts';
import { allOn, sameTraffic, type TrafficWish } from './traffic.ts';

/** What must be done once the new state is stored. Each may be done twice. */
export type Effect =
  | ({ readonly type: 'put-traffic' } & TrafficWish)
  | { readonly type: 'put-deployment'; readonly deployment: string; readonly spec: DeploymentSpec }
  | { readonly type: 'delete-deployment'; readonly deployment: string }
  | { readonly type: 'request-package' }
  /** Lets the rollout that waits for the endpoint have it. */
  | { readonly type: 'wake-rollout'; readonly rolloutId: string };

export type RolloutEventType =
  | 'slipway.rollout.started'
  | 'slipway.rollout.stepped'
  | 'slipway.rollout.paused'
  | 'slipway.rollout.resumed'
  | 'slipway.rollout.promoted'
  | 'slipway.rollout.succeeded'
  | 'slipway.rollout.rolled-back'
  | 'slipway.rollout.failed';

/** What an entry says beside the state after the change. */
export type Note = Partial<
  Pick<EventData<'slipway.rollout.stepped'>, 'reason' | 'message' | 'actor' | 'evidence' | 'fromPhase'>
>;

export type Happening =
  | { readonly type: RolloutEventType; readonly note: Note }
  | { readonly type: 'slipway.deployment.retired'; readonly deployment: string };

/** What a rule is given: the rollout with what was observed already taken in. */
export interface Tick {
  readonly rollout: Rollout;
  readonly endpoint: EndpointRecord;
  readonly seen: Observation;
  readonly verdicts: readonly GateVerdict[];
  readonly now: EpochMs;
}

/** What a rule answers. */
export interface Change {
  readonly rollout: Rollout;
  readonly endpoint: EndpointRecord;
  readonly effects: readonly Effect[];
  readonly happenings: readonly Happening[];
}

/** One line of the transition table: undefined when it does not apply. */
export type Rule = (tick: Tick) => Change | undefined;

export interface Extras {
  readonly patch?: Partial<Rollout>;
  readonly endpoint?: Partial<EndpointRecord>;
  readonly effects?: readonly Effect[];
  readonly happenings?: readonly Happening[];
}

/** The same phase, perhaps with something changed in it. */
export const stay = (tick: Tick, { patch, endpoint, effects = [], happenings = [] }: Extras = {}): Change => ({
  rollout: { ...tick.rollout, ...patch },
  endpoint: { ...tick.endpoint, ...endpoint },
  effects,
  happenings,
});

/** Another phase, told as `type`. */
export const enter = (
  tick: Tick,
  phase: Phase,
  told: { readonly type?: RolloutEventType; readonly note?: Note },
  extras: Extras = {},
): Change => {
  const happening: Happening = {
    type: told.type ?? 'slipway.rollout.stepped',
    note: { fromPhase: tick.rollout.phase, ...told.note },
  };
  return stay(tick, {
    ...extras,
    patch: { ...extras.patch, phase, phaseAt: tick.now },
    happenings: [happening, ...(extras.happenings ?? [])],
  });
};

/** True when the platform reads back what the rollout wishes for, mirror included. */
export const isApplied = ({ seen }: Pick<Tick, 'seen'>, wish: TrafficWish): boolean =>
  sameTraffic(seen.endpoint?.traffic ?? {}, wish.traffic) &&
  sameTraffic(seen.endpoint?.mirrorTraffic ?? {}, wish.mirrorTraffic);

export const putTraffic = (wish: TrafficWish): Effect => ({ type: 'put-traffic', ...wish });

/** The evidence of the gates as entries tell it. */
export const toldVerdicts = (verdicts: readonly GateVerdict[]): NonNullable<Note['evidence']> =>
  verdicts.map(({ gate, verdict, detail }) => ({ gate, verdict, detail: { ...detail } }));

/** Adds a reason to pause; nothing when it is there already. */
export const pauseFor = (tick: Tick, reason: PauseReason, message: string, patch: Partial<Rollout> = {}): Change =>
  tick.rollout.pause.includes(reason)
    ? stay(tick, { patch })
    : stay(tick, {
        patch: { ...patch, pause: [...tick.rollout.pause, reason] },
        happenings: [{ type: 'slipway.rollout.paused', note: { reason, message } }],
      });

/** Takes a reason to pause away. */
export const unpause = (tick: Tick, reason: PauseReason): Change =>
  stay(tick, {
    patch: { pause: tick.rollout.pause.filter((other) => other !== reason) },
    happenings: [{ type: 'slipway.rollout.resumed', note: { reason } }],
  });

export interface Blame extends Outcome {
  readonly actor?: string;
  /** Keeps the version from being rolled out again by itself, if the policy says so. */
  readonly blocks?: boolean;
  readonly verdicts?: readonly GateVerdict[];
}

/**
 * Sends all traffic back to stable. Pauses end: nothing may hold this up.
 *
 * The write is left out only when no weight was ever wished for: a write that is not read back yet may still take
 * effect, and this one must come after it.
 */
export const rollBack = (tick: Tick, { actor, blocks = false, verdicts, ...blame }: Blame): Change => {
  const outcome: Outcome = verdicts === undefined ? blame : { ...blame, evidence: toldVerdicts(verdicts) };
  const { rollout, endpoint, now } = tick;
  const desired = allOn(endpoint.stable?.deployment);
  const { model, version } = endpoint.stable ?? {};
  const promoted = rollout.phase === 'Holding';
  const champion = promoted && model !== undefined && version !== undefined ? { model, version } : undefined;
  const blocked: BlockedVersion = {
    model: rollout.model,
    version: rollout.version,
    reason: outcome.reason,
    rollout: rollout.id,
  };
  const note = {
    reason: outcome.reason,
    message: outcome.message,
    ...(actor === undefined ? {} : { actor }),
    ...(outcome.evidence === undefined ? {} : { evidence: outcome.evidence }),
  };
  return enter(
    tick,
    'RollingBack',
    { note },
    {
      patch: {
        desired,
        outcome,
        pause: [],
        bakeUntil: undefined,
        trafficPut: { at: now, tries: 1 },
        championDue: promoted ? champion : rollout.championDue,
      },
      endpoint: {
        lastAppliedTraffic: desired,
        blocked:
          blocks && rollout.policy.rollback.blockVersion ? withBlocked(endpoint.blocked, blocked) : endpoint.blocked,
      },
      effects: rollout.hadTraffic || !isApplied(tick, desired) ? [putTraffic(desired)] : [],
    },
  );
};

const MAX_BLOCKED = 50;

const withBlocked = (list: readonly BlockedVersion[], blocked: BlockedVersion): readonly BlockedVersion[] => [
  ...list.filter(({ model, version }) => model !== blocked.model || version !== blocked.version).slice(1 - MAX_BLOCKED),
  blocked,
];

/** The endpoint without its active rollout, and the effect that lets the next one in. */
export const release = ({
  endpoint,
}: Tick): { readonly endpoint: Partial<EndpointRecord>; readonly effects: Effect[] } => ({
  endpoint: { activeRolloutId: undefined },
  effects: endpoint.pending === undefined ? [] : [{ type: 'wake-rollout', rolloutId: endpoint.pending.rolloutId }],
});
