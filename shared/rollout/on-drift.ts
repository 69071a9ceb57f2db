import { SlipwayError } from '../platform/errors.ts';
import { type Cause, journalWrite } from '../platform/journal.ts';
import { toEntries } from './entries.ts';
import { type Rollout, withWake } from './rollout.ts';
import { isBeforeHolding } from './rules/danger.ts';
import type { RolloutServices } from './services.ts';
import type { Happening } from './transition.ts';

/** What a monitor found. */
export interface DriftFinding {
  readonly endpoint: string;
  readonly monitor: string;
  readonly driftScore: number;
  /** Version whose inputs or predictions drifted, when the monitor knows. */
  readonly version?: string;
}

/** `none`: no rollout is under way, or its policy only wants to be told. */
export type DriftOutcome = 'held' | 'rolled-back' | 'none' | 'known';

const MOST_TRIES = 8;

/**
 * Applies the policy's `drift` to the rollout that is under way on the endpoint. The same finding is applied once.
 *
 * A rollback is only for the canary's own drift: when the stable version drifted, going back to it helps nobody, so
 * the rollout is held instead.
 *
 * @throws SlipwayError RESOURCE_CONFLICT when the rollout keeps changing
 */
export const onDrift = async (
  { rollouts, clock }: RolloutServices,
  finding: DriftFinding,
  cause: Cause,
): Promise<DriftOutcome> => {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const record = await rollouts.readEndpoint(finding.endpoint);
    const id = record?.value.activeRolloutId;
    const stored = id === undefined ? undefined : await rollouts.readRollout(finding.endpoint, id);
    if (stored === undefined) return 'none';
    if (stored.value.seenCommands.some((seen) => seen.id === cause.causedBy)) return 'known';
    const applied = applyDrift(stored.value, finding);
    if (applied === undefined) return 'none';

    const rev = stored.value.rev + 1;
    const seenCommands = [...stored.value.seenCommands, { id: cause.causedBy, rev }].slice(-50);
    const next = withWake({ ...stored.value, ...applied.patch, rev, seenCommands }, clock());
    const entries = toEntries(next, applied.happenings, clock(), cause).map(journalWrite);
    const committed = await rollouts.commit(finding.endpoint, [
      { op: 'replace', value: next, etag: stored.etag },
      ...entries,
    ]);
    if (committed.ok) return applied.outcome;
  }
  throw new SlipwayError('RESOURCE_CONFLICT', `the rollout on ${finding.endpoint} keeps changing`);
};

interface Applied {
  readonly outcome: 'held' | 'rolled-back';
  readonly patch: Partial<Rollout>;
  readonly happenings: readonly Happening[];
}

const applyDrift = (rollout: Rollout, { monitor, driftScore, version }: DriftFinding): Applied | undefined => {
  const wish = rollout.policy.drift.then;
  const movable = isBeforeHolding(rollout.phase) || rollout.phase === 'Holding';
  if (wish === 'notify' || !movable) return undefined;
  const message = `monitor ${monitor} found drift of ${driftScore}`;
  const isCanary = version === undefined || version === rollout.version;
  if (wish === 'rollback' && isCanary) {
    const abort = { actor: `monitor ${monitor}`, reason: 'drift', message };
    return { outcome: 'rolled-back', patch: { latches: { ...rollout.latches, abort } }, happenings: [] };
  }
  if (rollout.pause.includes('drift')) return undefined;
  const note = { reason: 'drift', message };
  return {
    outcome: 'held',
    patch: { pause: [...rollout.pause, 'drift'] },
    happenings: [{ type: 'slipway.rollout.paused', note }],
  };
};
