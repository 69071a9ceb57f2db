import type { EventData } from '../events/catalogue.ts';
import type { Document } from '../platform/documents.ts';
import type { Cause, Waking } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import type { Evidence } from './evidence.ts';
import type { RolloutPolicy } from './policy-schema.ts';
import type { TrafficWish } from './traffic.ts';

const ACTIVE_PHASES = [
  'Provisioning',
  'Smoke',
  'Shifting',
  'Baking',
  'AwaitingApproval',
  'Holding',
  'Retiring',
  'RollingBack',
] as const;

const TERMINAL_PHASES = ['Succeeded', 'RolledBack', 'Superseded', 'Cancelled', 'Failed'] as const;

/** `Queued` waits for the endpoint; `Cleanup` has given the endpoint back and only has its canary left to delete. */
export const PHASES = ['Queued', ...ACTIVE_PHASES, 'Cleanup', ...TERMINAL_PHASES] as const;

export type Phase = (typeof PHASES)[number];
export type TerminalPhase = (typeof TERMINAL_PHASES)[number];

/** Why a rollout does not advance. Several may hold at once; each goes away by itself. Gates judge all the while. */
export const PAUSE_REASONS = [
  'manual',
  'freeze',
  'inconclusive',
  'metrics-unavailable',
  'external-change',
  'drift',
  'deadline',
  'approval-timeout',
] as const;

export type PauseReason = (typeof PAUSE_REASONS)[number];

/** A deployment that serves, or served, a version. Model and version are absent when others deployed it. */
export interface Target {
  readonly deployment: string;
  readonly model?: string;
  readonly version?: string;
}

/** Wishes of people and of other rollouts, kept until a tick acts on them. */
export interface Latches {
  readonly abort?: { readonly actor: string; readonly reason: string; readonly message: string };
  /** A newer rollout wants the endpoint. */
  readonly superseded?: { readonly by: string };
  /** Ends the current bake. */
  readonly promote?: { readonly actor: string };
  /** Goes to 100 % at once. */
  readonly promoteFull?: { readonly actor: string };
  readonly approval?: { readonly actor: string; readonly approved: boolean };
}

/** A write that was sent and not yet read back. */
export interface PutAttempt {
  readonly at: EpochMs;
  /** Writes sent for this wish so far. */
  readonly tries: number;
}

/** How a rollout ends, known before it is over. */
export interface Outcome {
  readonly phase: TerminalPhase;
  /** Stable word, such as `gate-failed`. */
  readonly reason: string;
  readonly message: string;
  /** What the gates had seen, when they decided it. */
  readonly evidence?: EventData<'slipway.rollout.stepped'>['evidence'];
}

/** A command that was answered already. */
export interface SeenCommand {
  readonly id: string;
  /** Rev that it led to. */
  readonly rev: number;
  /** Rollout that it started, when it started one. */
  readonly started?: string;
}

/** One version on its way to one endpoint. */
export interface Rollout extends Waking {
  readonly kind: 'rollout';
  readonly schemaVersion: 1;
  readonly endpoint: string;
  readonly model: string;
  readonly version: string;
  /** 1 for the first rollout of this version on this endpoint. */
  readonly attempt: number;
  /** Grows with every stored change. */
  readonly rev: number;
  readonly phase: Phase;
  /** When the phase was entered. */
  readonly phaseAt: EpochMs;
  readonly createdAt: EpochMs;
  readonly policy: RolloutPolicy;
  /** What was stable when it began; absent on the first rollout of an endpoint. */
  readonly from?: Target | undefined;
  readonly to: Target;
  /** Index of the policy step that is being worked on. */
  readonly step: number;
  readonly desired: TrafficWish;
  readonly trafficPut?: PutAttempt | undefined;
  readonly deploymentPut?: PutAttempt | undefined;
  /** Times the canary deployment failed to come up. */
  readonly provisionFailures: number;
  /** Last refusal of a write by the platform; cleared when it is dealt with. */
  readonly refusal?: { readonly effect: string; readonly message: string } | undefined;
  /** Size of the machines the canary runs on. */
  readonly instanceType: string;
  readonly image?: string | undefined;
  readonly servingInput?: string | undefined;
  readonly bakeUntil?: EpochMs | undefined;
  readonly deadlineAt?: EpochMs | undefined;
  readonly pause: readonly PauseReason[];
  readonly latches: Latches;
  readonly evidence: Evidence;
  /** Failed metric reads in a row. */
  readonly errorStreak: number;
  readonly errorSince?: EpochMs | undefined;
  readonly extendCount: number;
  /** Step that a person let it go on to. */
  readonly approvedStep?: number | undefined;
  readonly hadTraffic: boolean;
  /** Version that `champion` must still be pointed at. */
  readonly championDue?: { readonly model: string; readonly version: string } | undefined;
  readonly outcome?: Outcome | undefined;
  /** Ticks left that check the traffic again after the end. */
  readonly guards: number;
  readonly seenCommands: readonly SeenCommand[];
  readonly cause: Cause;
}

/** A version that must not be rolled out again by itself. */
export interface BlockedVersion {
  readonly model: string;
  readonly version: string;
  readonly reason: string;
  readonly rollout: string;
}

export interface DeploymentRecord {
  readonly name: string;
  readonly health: 'creating' | 'ready' | 'failed' | 'deleting';
  readonly model?: { readonly name: string; readonly version: string };
  readonly image?: string;
  readonly message?: string;
}

/** An endpoint as the rollouts see it: what is stable, who works on it, and who is next. */
export interface EndpointRecord extends Document {
  readonly kind: 'endpoint';
  readonly schemaVersion: 1;
  readonly name: string;
  readonly rev: number;
  readonly stable?: Target | undefined;
  readonly activeRolloutId?: string | undefined;
  /** The newest rollout that waits. */
  readonly pending?: { readonly rolloutId: string; readonly model: string; readonly version: string } | undefined;
  /** Last traffic that a rollout wished for. */
  readonly lastAppliedTraffic?: TrafficWish;
  readonly blocked: readonly BlockedVersion[];
  /** What was last observed on the platform. */
  readonly provisioningState?: string;
  readonly deployments: readonly DeploymentRecord[];
}

export const isTerminal = (phase: Phase): phase is TerminalPhase =>
  (TERMINAL_PHASES as readonly string[]).includes(phase);

export const isActive = (phase: Phase): boolean => (ACTIVE_PHASES as readonly string[]).includes(phase);

/** The rollout with its next tick, or none. */
export const withWake = (rollout: Rollout, at: EpochMs | undefined): Rollout => ({
  ...rollout,
  wakeUp:
    at === undefined
      ? null
      : {
          queue: 'advance-rollout',
          at,
          message: { endpoint: rollout.endpoint, rolloutId: rollout.id, rev: rollout.rev },
        },
});
