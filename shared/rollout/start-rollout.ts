import type { Stored, Write } from '../platform/documents.ts';
import { SlipwayError } from '../platform/errors.ts';
import { type Cause, journalWrite } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import { type Admission, type AdmissionRequest, admit } from './admit.ts';
import { adoptStable } from './adopt-stable.ts';
import { toEntries } from './entries.ts';
import { newRollout, rolloutId } from './new-rollout.ts';
import { type EndpointRecord, type Rollout, withWake } from './rollout.ts';
import { endpointWrite, newEndpointRecord } from './rollout-store.ts';
import { started } from './rules/provisioning.ts';
import type { RolloutServices } from './services.ts';
import type { Happening } from './transition.ts';

export interface StartRequest extends AdmissionRequest {
  readonly endpoint: string;
  readonly attempt: number;
  /** Id of the event that asks, when one version may be asked for several times: the attempt is that event's. */
  readonly askedBy?: string;
  /** Stored in the same batch, such as the answer to the command that asked. */
  readonly alongside?: readonly Write[];
}

export type StartOutcome =
  | { readonly kind: 'started' | 'queued' | 'known'; readonly rolloutId: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string; readonly rolloutId?: string };

const MOST_TRIES = 8;

/**
 * Creates the rollout of one attempt, or finds it: asking again never makes a second one.
 *
 * Who has the endpoint is decided by a conditional write of its document, not by a check.
 *
 * @throws SlipwayError RESOURCE_CONFLICT when others keep changing the endpoint
 */
export const startRollout = async (
  services: RolloutServices,
  request: StartRequest,
  cause: Cause,
): Promise<StartOutcome> => {
  const { endpoint, model, version, attempt, askedBy = attempt } = request;
  const id = rolloutId(endpoint, model, version, askedBy);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if ((await services.rollouts.readRollout(request.endpoint, id)) !== undefined)
      return { kind: 'known', rolloutId: id };
    const plan = await planStart(services, request, cause);
    if (plan.writes.length === 0) return plan.outcome;
    const committed = await services.rollouts.commit(request.endpoint, [...plan.writes, ...(request.alongside ?? [])]);
    if (committed.ok) return plan.outcome;
  }
  throw new SlipwayError('RESOURCE_CONFLICT', `endpoint ${request.endpoint} keeps changing`, {
    details: { endpoint: request.endpoint },
  });
};

interface Plan {
  readonly outcome: StartOutcome;
  readonly writes: readonly Write[];
}

const planStart = async (services: RolloutServices, request: StartRequest, cause: Cause): Promise<Plan> => {
  const { rollouts, clock } = services;
  const stored = await rollouts.readEndpoint(request.endpoint);
  const record = await adoptStable(services, stored?.value ?? newEndpointRecord(request.endpoint));
  const active = await readIfAny(services, record, record.activeRolloutId);
  const admission = admit(record, active?.value, request);
  if (admission.kind === 'refuse' && !admission.recorded) return { outcome: refused(admission), writes: [] };

  const now = clock();
  const fresh = newRollout(
    {
      ...request,
      endpoint: record,
      instanceType: services.defaultInstanceType,
      granularityMs: services.metrics.granularityMs,
      cause,
    },
    now,
  );
  switch (admission.kind) {
    case 'refuse':
      return recordRefused(fresh, admission, now);
    case 'start':
      return startNow(fresh, record, stored?.etag, now);
    case 'queue': {
      const displaced = await readIfAny(services, record, record.pending?.rolloutId);
      const superseded = admission.supersedesActive ? active : undefined;
      return enqueue(fresh, { record, etag: stored?.etag, displaced, superseded }, now);
    }
  }
};

const readIfAny = async (
  { rollouts }: RolloutServices,
  { name }: EndpointRecord,
  id: string | undefined,
): Promise<Stored<Rollout> | undefined> => (id === undefined ? undefined : rollouts.readRollout(name, id));

const refused = ({ reason, message }: Admission & { kind: 'refuse' }) =>
  ({ kind: 'refused', reason, message }) as const;

const entriesOf = (rollout: Rollout, happening: Happening, now: EpochMs): readonly Write[] =>
  toEntries(rollout, [happening], now).map(journalWrite);

const recordRefused = (fresh: Rollout, admission: Admission & { kind: 'refuse' }, now: EpochMs): Plan => {
  const { reason, message } = admission;
  const rollout: Rollout = withWake(
    { ...fresh, phase: 'Superseded', outcome: { phase: 'Superseded', reason, message } },
    undefined,
  );
  return {
    outcome: { ...refused(admission), rolloutId: rollout.id },
    writes: [
      { op: 'create', value: rollout },
      ...entriesOf(rollout, { type: 'slipway.rollout.stepped', note: { reason, message } }, now),
    ],
  };
};

const startNow = (fresh: Rollout, record: EndpointRecord, etag: string | undefined, now: EpochMs): Plan => {
  const rollout = withWake({ ...fresh, ...started(fresh, record.stable, now), phase: 'Provisioning' }, now);
  return {
    outcome: { kind: 'started', rolloutId: rollout.id },
    writes: [
      { op: 'create', value: rollout },
      endpointWrite({ ...record, activeRolloutId: rollout.id }, etag),
      ...entriesOf(rollout, { type: 'slipway.rollout.started', note: {} }, now),
    ],
  };
};

interface Queueing {
  readonly record: EndpointRecord;
  readonly etag: string | undefined;
  /** The rollout that waited until now. */
  readonly displaced: Stored<Rollout> | undefined;
  /** The active rollout, if it has to make room. */
  readonly superseded: Stored<Rollout> | undefined;
}

const enqueue = (fresh: Rollout, { record, etag, displaced, superseded }: Queueing, now: EpochMs): Plan => {
  const rollout = withWake(fresh, now);
  const pending = { rolloutId: rollout.id, model: rollout.model, version: rollout.version };
  return {
    outcome: { kind: 'queued', rolloutId: rollout.id },
    writes: [
      { op: 'create', value: rollout },
      endpointWrite({ ...record, pending }, etag),
      ...entriesOf(rollout, { type: 'slipway.rollout.stepped', note: { reason: 'queued' } }, now),
      ...(displaced === undefined ? [] : displace(displaced, rollout.id, now)),
      ...(superseded === undefined ? [] : [makeRoom(superseded, rollout.id, now)]),
    ],
  };
};

const displace = ({ value, etag }: Stored<Rollout>, by: string, now: EpochMs): readonly Write[] => {
  const message = `${by} took its place`;
  const ended = withWake(
    {
      ...value,
      rev: value.rev + 1,
      phase: 'Superseded',
      phaseAt: now,
      outcome: { phase: 'Superseded', reason: 'superseded', message },
    },
    undefined,
  );
  const note = { reason: 'superseded', message, fromPhase: value.phase };
  return [{ op: 'replace', value: ended, etag }, ...entriesOf(ended, { type: 'slipway.rollout.stepped', note }, now)];
};

const makeRoom = ({ value, etag }: Stored<Rollout>, by: string, now: EpochMs): Write => ({
  op: 'replace',
  value: withWake({ ...value, rev: value.rev + 1, latches: { ...value.latches, superseded: { by } } }, now),
  etag,
});
