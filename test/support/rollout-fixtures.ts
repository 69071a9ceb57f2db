import { epochMs } from '../../shared/platform/time.ts';
import { type Evidence, noEvidence, weightsChange, weightsStand } from '../../shared/rollout/evidence.ts';
import { newRollout } from '../../shared/rollout/new-rollout.ts';
import type { Observation } from '../../shared/rollout/observation.ts';
import type { ObservedDeployment, Traffic } from '../../shared/rollout/ports.ts';
import type { Transition } from '../../shared/rollout/reduce.ts';
import { type EndpointRecord, isActive, type Phase, type Rollout } from '../../shared/rollout/rollout.ts';
import { newEndpointRecord } from '../../shared/rollout/rollout-store.ts';
import type { Effect } from '../../shared/rollout/transition.ts';
import { CAUSE, policyOf, T0 } from './rollout-world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A quarter of an hour after the rollout began, two minutes into its phase. */
export const NOW = epochMs(T0 + 15 * MINUTE);
const ENTERED = epochMs(NOW - 2 * MINUTE);

export const STABLE = { deployment: 'v1-aaaa', model: 'heart-classifier', version: '1' };
export const CANARY = 'v2-bbbb';

/** Smoke, 10 %, 50 % with a person before it, 100 %; ten-minute bakes. */
export const POLICY = policyOf({
  steps: [
    { kind: 'smoke', repeat: 2 },
    { kind: 'traffic', weight: 10, bake: 'PT10M', minSamples: 100 },
    { kind: 'traffic', weight: 50, bake: 'PT10M', minSamples: 100 },
    { kind: 'traffic', weight: 100 },
  ],
  approvals: [{ before: 2, timeout: 'PT1H' }],
});

const TRAFFIC: Partial<Record<Phase, Traffic>> = {
  Shifting: { 'v1-aaaa': 90, 'v2-bbbb': 10 },
  Baking: { 'v1-aaaa': 90, 'v2-bbbb': 10 },
  AwaitingApproval: { 'v1-aaaa': 90, 'v2-bbbb': 10 },
  Holding: { 'v2-bbbb': 100 },
  Retiring: { 'v2-bbbb': 100 },
  Succeeded: { 'v2-bbbb': 100 },
};

const STEPS: Partial<Record<Phase, number>> = {
  Shifting: 1,
  Baking: 1,
  AwaitingApproval: 1,
  Holding: 3,
  Retiring: 3,
  Succeeded: 3,
};

const LIVE: readonly Phase[] = ['Shifting', 'Baking', 'AwaitingApproval', 'Holding', 'Retiring', 'Succeeded'];
const PROMOTED: readonly Phase[] = ['Retiring', 'Succeeded'];

const traffic = (phase: Phase): Traffic => TRAFFIC[phase] ?? { 'v1-aaaa': 100 };

/** Enough good requests for every gate to pass. */
export const goodEvidence = (evidence: Evidence = noEvidence(1_000)): Evidence => {
  const moved = weightsStand(weightsChange(evidence, epochMs(T0 + 5 * MINUTE)), epochMs(T0 + 6 * MINUTE));
  const canary = { requests: 1_000, errors: 5, timeouts: 0, p95Ms: 40 };
  const stable = { requests: 9_000, errors: 45, timeouts: 0, p95Ms: 40 };
  return {
    ...moved,
    watermark: epochMs(T0 + 12 * MINUTE),
    segments: moved.segments.slice(-1),
    batches: [{ from: epochMs(T0 + 6 * MINUTE), to: epochMs(T0 + 12 * MINUTE), mixed: false, canary, stable }],
    canary,
    stable,
    coveredMs: 6 * MINUTE,
    inStep: { since: epochMs(T0 + 6 * MINUTE), canary: 1_000, stable: 9_000 },
  };
};

export const endpointIn = (phase: Phase): EndpointRecord => ({
  ...newEndpointRecord('heart'),
  rev: 3,
  stable: PROMOTED.includes(phase) ? { ...STABLE, deployment: CANARY, version: '2' } : STABLE,
  ...(isActive(phase) ? { activeRolloutId: rolloutIn('Queued').id } : {}),
  ...(phase === 'Queued' ? { activeRolloutId: 'heart.ro_other', pending: PENDING } : {}),
});

const queued = newRollout(
  {
    endpoint: { ...newEndpointRecord('heart'), stable: STABLE },
    model: 'heart-classifier',
    version: '2',
    attempt: 1,
    policy: POLICY,
    instanceType: 'Standard_DS3_v2',
    granularityMs: 1_000,
    cause: CAUSE,
  },
  T0,
);

const PENDING = { rolloutId: queued.id, model: 'heart-classifier', version: '2' };

/** A rollout in the middle of a phase, with nothing to do right now. */
export const rolloutIn = (phase: Phase, patch: Partial<Rollout> = {}): Rollout => ({
  ...queued,
  phase,
  phaseAt: ENTERED,
  rev: 7,
  from: STABLE,
  to: { ...queued.to, deployment: CANARY },
  step: STEPS[phase] ?? 0,
  desired: { traffic: traffic(phase), mirrorTraffic: {} },
  deadlineAt: epochMs(T0 + 24 * HOUR),
  ...(phase === 'Queued' ? {} : { image: 'registry.example/heart@sha256:2', servingInput: '{}' }),
  ...(phase === 'Queued' ? {} : { deploymentPut: { at: T0, tries: 1 } }),
  ...(phase === 'Baking' ? { bakeUntil: epochMs(NOW + 8 * MINUTE) } : {}),
  ...(phase === 'Shifting' || phase === 'RollingBack' ? { trafficPut: { at: epochMs(NOW - 1_000), tries: 1 } } : {}),
  ...(LIVE.includes(phase) ? { hadTraffic: true, evidence: goodEvidence() } : {}),
  ...(['RollingBack', 'Cleanup', 'RolledBack'].includes(phase)
    ? { outcome: { phase: 'RolledBack', reason: 'gate-failed', message: 'worse' } as const }
    : {}),
  ...patch,
});

export const deployment = (
  name: string,
  provisioningState: ObservedDeployment['provisioningState'] = 'Succeeded',
): ObservedDeployment => ({ name, provisioningState });

/** What a calm tick sees in a phase: traffic is as wished, except where the phase waits for it. */
export const seenIn = (phase: Phase, patch: Partial<Observation> = {}): Observation => {
  const waiting: Partial<Record<Phase, Traffic>> = {
    Shifting: { 'v1-aaaa': 100 },
    RollingBack: { 'v1-aaaa': 90, 'v2-bbbb': 10 },
  };
  return {
    endpoint: {
      name: 'heart',
      provisioningState: 'Succeeded',
      traffic: waiting[phase] ?? traffic(phase),
      mirrorTraffic: {},
      scoringUri: 'https://heart.example/score',
    },
    canary: phase === 'Provisioning' ? deployment(CANARY, 'Creating') : deployment(CANARY),
    stable: deployment(STABLE.deployment, phase === 'Retiring' ? 'Deleting' : 'Succeeded'),
    ...patch,
  };
};

const effectInWords = (effect: Effect): string => {
  switch (effect.type) {
    case 'put-traffic':
      return `put${effect.traffic[CANARY] ?? 0}`;
    case 'put-deployment':
      return 'deploy';
    case 'delete-deployment':
      return effect.deployment === CANARY ? 'delete-canary' : 'delete-stable';
    case 'request-package':
      return 'package';
    case 'wake-rollout':
      return 'wake';
  }
};

/** A transition in a few words: new phase, reasons to pause that came or went, effects; `·` for none of these. */
export const inWords = (before: Rollout, { rollout, effects }: Transition): string => {
  const words = [
    ...(rollout.phase === before.phase ? [] : [rollout.phase]),
    ...rollout.pause.filter((reason) => !before.pause.includes(reason)).map((reason) => `+${reason}`),
    ...before.pause.filter((reason) => !rollout.pause.includes(reason)).map((reason) => `-${reason}`),
    ...effects.map(effectInWords),
  ];
  return words.length === 0 ? '·' : words.join(' ');
};

/** Rows and columns of a grid that is written as text. */
export const parseGrid = (text: string): { row: string; column: string; cell: string }[] => {
  const [head = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((part) => part.trim()));
  return rows.flatMap(([row = '', ...cells]) =>
    cells.map((cell, i) => ({ row, column: head.slice(1)[i] ?? '', cell })),
  );
};
