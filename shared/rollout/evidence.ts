import { type EpochMs, epochMs } from '../platform/time.ts';
import { addLogLikelihoods, type PairedCounts } from './e-value.ts';
import type { ErrorRatioGate, Gate } from './policy-schema.ts';
import type { DeploymentMetrics } from './ports.ts';

/** Batches kept in a rollout; what older ones say to the gates is carried in sums. */
export const MAX_BATCHES = 240;

const NOTHING: DeploymentMetrics = { requests: 0, errors: 0, timeouts: 0 };

/** Metrics of all deployments over [from, to). */
export interface WindowMetrics {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly deployments: Readonly<Record<string, DeploymentMetrics>>;
}

/** What canary and stable did in one window. */
export interface Batch {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The weights changed inside: the two versions did not see the same minutes, so they are not compared. */
  readonly mixed: boolean;
  readonly canary: DeploymentMetrics;
  readonly stable: DeploymentMetrics;
}

/** From `at` on, weights stand still (`mixed: false`) or may be changing. */
export interface Segment {
  readonly at: EpochMs;
  readonly mixed: boolean;
}

export interface Counts {
  readonly requests: number;
  readonly errors: number;
}

export interface SmokeAnswer {
  readonly status: number;
  readonly latencyMs: number;
  /** What was wrong with the answer; absent when it was good. */
  readonly problem?: string;
}

/** What a rollout has seen of its canary. Gates are computed from it anew at every tick. */
export interface Evidence {
  /** Finest window of the metrics provider. */
  readonly granularityMs: number;
  /** Metrics are judged up to here; absent before the first weight. */
  readonly watermark?: EpochMs;
  readonly segments: readonly Segment[];
  readonly batches: readonly Batch[];
  /** Log-likelihoods of batches that are no longer kept, per gate. */
  readonly carried: Readonly<Record<string, readonly number[]>>;
  readonly canary: Counts;
  readonly stable: Counts;
  readonly coveredMs: number;
  /** Canary and stable requests of windows that began in the current bake. */
  readonly inStep: { readonly since?: EpochMs; readonly canary: number; readonly stable: number };
  readonly baseline?: Counts;
  readonly smoke: readonly SmokeAnswer[];
}

const NO_COUNTS: Counts = { requests: 0, errors: 0 };

export const noEvidence = (granularityMs: number): Evidence => ({
  granularityMs,
  segments: [],
  batches: [],
  carried: {},
  canary: NO_COUNTS,
  stable: NO_COUNTS,
  coveredMs: 0,
  inStep: { canary: 0, stable: 0 },
  smoke: [],
});

const alignDown = (at: EpochMs, unitMs: number): EpochMs => epochMs(Math.floor(at / unitMs) * unitMs);
const alignUp = (at: EpochMs, unitMs: number): EpochMs => epochMs(Math.ceil(at / unitMs) * unitMs);

/** The evidence when weights begin to change. The first change starts the clock of the windows. */
export const weightsChange = (evidence: Evidence, now: EpochMs): Evidence => {
  const at = alignDown(now, evidence.granularityMs);
  return {
    ...evidence,
    watermark: evidence.watermark ?? at,
    segments: [...evidence.segments.filter((segment) => segment.at < at), { at, mixed: true }],
  };
};

/** The evidence when weights were read back: from the next whole window on both versions see the same minutes. */
export const weightsStand = (evidence: Evidence, now: EpochMs): Evidence => {
  const at = alignUp(now, evidence.granularityMs);
  return { ...evidence, segments: [...evidence.segments.filter((segment) => segment.at < at), { at, mixed: false }] };
};

/** The evidence at the beginning of a bake: requests of the step are counted from here. */
export const bakeBegins = (evidence: Evidence, now: EpochMs): Evidence => ({
  ...evidence,
  inStep: { since: alignDown(now, evidence.granularityMs), canary: 0, stable: 0 },
});

/**
 * The next window to read: whole units of the provider, not younger than `delayMs`, and inside one segment.
 *
 * @returns undefined while less than `minMs` is there and no segment ends
 */
export const nextWindow = (
  evidence: Evidence,
  now: EpochMs,
  { delayMs, minMs }: { readonly delayMs: number; readonly minMs: number },
): { readonly from: EpochMs; readonly to: EpochMs } | undefined => {
  const { watermark, segments, granularityMs } = evidence;
  if (watermark === undefined) return undefined;
  const latest = alignDown(epochMs(now - delayMs), granularityMs);
  const boundary = segments.find((segment) => segment.at > watermark)?.at;
  if (boundary !== undefined && boundary <= latest) return { from: watermark, to: boundary };
  return latest > watermark && latest - watermark >= minMs ? { from: watermark, to: latest } : undefined;
};

/** The evidence with one more window. A window that does not begin at the watermark was read before and is ignored. */
export const addWindow = (
  evidence: Evidence,
  window: WindowMetrics,
  { canary, stable, gates }: { readonly canary: string; readonly stable?: string; readonly gates: readonly Gate[] },
): Evidence => {
  if (window.from !== evidence.watermark) return evidence;
  const segment = evidence.segments.findLast(({ at }) => at <= window.from);
  const batch: Batch = {
    from: window.from,
    to: window.to,
    mixed: segment?.mixed ?? true,
    canary: window.deployments[canary] ?? NOTHING,
    stable: stable === undefined ? NOTHING : (window.deployments[stable] ?? NOTHING),
  };
  const { inStep } = evidence;
  const counted = inStep.since !== undefined && batch.from >= inStep.since;
  return capped(
    {
      ...evidence,
      watermark: batch.to,
      segments: evidence.segments.filter(({ at }) => at >= (segment?.at ?? 0)),
      batches: [...evidence.batches, batch],
      canary: plus(evidence.canary, batch.canary),
      stable: plus(evidence.stable, batch.stable),
      coveredMs: evidence.coveredMs + (batch.to - batch.from),
      inStep: counted
        ? {
            ...inStep,
            canary: inStep.canary + batch.canary.requests,
            stable: inStep.stable + batch.stable.requests,
          }
        : inStep,
    },
    gates,
  );
};

const plus = (total: Counts, more: Counts): Counts => ({
  requests: total.requests + more.requests,
  errors: total.errors + more.errors,
});

const capped = (evidence: Evidence, gates: readonly Gate[]): Evidence => {
  const tooMany = evidence.batches.length - MAX_BATCHES;
  if (tooMany <= 0) return evidence;
  const dropped = comparable(evidence.batches.slice(0, tooMany));
  const carried = Object.fromEntries(
    gates
      .filter((gate): gate is ErrorRatioGate => gate.type === 'errorRatio')
      .map((gate) => [gate.id, addLogLikelihoods(evidence.carried[gate.id], dropped, gate.maxRatio)]),
  );
  return { ...evidence, batches: evidence.batches.slice(tooMany), carried };
};

/** The batches in which both versions saw the same minutes, as counts to compare. */
export const comparable = (batches: readonly Batch[]): readonly PairedCounts[] =>
  batches
    .filter((batch) => !batch.mixed)
    .map(({ canary, stable }) => ({
      canaryRequests: canary.requests,
      canaryBad: canary.errors,
      stableRequests: stable.requests,
      stableBad: stable.errors,
    }));
