import type { Stored, Write } from '../platform/documents.ts';
import { ON_FAILURE, toSlipwayError } from '../platform/errors.ts';
import { journalWrite } from '../platform/journal.ts';
import { observe } from './observe.ts';
import { reduce } from './reduce.ts';
import type { EndpointRecord, Rollout } from './rollout.ts';
import { endpointWrite } from './rollout-store.ts';
import { type Refusal, runEffects } from './run-effects.ts';
import type { RolloutServices } from './services.ts';

/** A message of the queue `advance-rollout`. Without `rev` it is a nudge that is never stale. */
export interface AdvanceRolloutMessage {
  readonly endpoint: string;
  readonly rolloutId: string;
  readonly rev?: number | undefined;
}

/**
 * `busy`: another worker has the endpoint; `overtaken`: the document changed during the tick; `postponed`: the
 * platform could not be asked. After all three the message comes back by itself.
 */
export type TickOutcome = 'advanced' | 'idle' | 'stale' | 'gone' | 'busy' | 'overtaken' | 'postponed';

const BUSY_RETRY_MS = 2_000;
const POSTPONE_MS = 5_000;

/** Name of the lease that serialises all writers of an endpoint. */
export const endpointLease = (endpoint: string): string => `endpoint-${endpoint}`;

/**
 * One tick of one rollout: lease, load, observe, decide, store, act.
 *
 * The order is the safety property. What is wished for is stored before it is done, so a worker that dies leaves
 * either nothing or a wish that the next tick finds unfulfilled; and only what the platform reads back moves a
 * rollout on. Messages may come late, twice, or for a rev that is over.
 *
 * @throws SlipwayError when the documents cannot be read or written, or hold something unknown
 */
export const advanceRollout = async (
  services: RolloutServices,
  message: AdvanceRolloutMessage,
): Promise<TickOutcome> => {
  const lease = await services.leases.withLease(endpointLease(message.endpoint), () => tick(services, message));
  const outcome = lease.held ? lease.result : 'busy';
  const again = { busy: BUSY_RETRY_MS, postponed: POSTPONE_MS, overtaken: BUSY_RETRY_MS } as const;
  if (outcome in again) {
    const visibleAfterMs = again[outcome as keyof typeof again];
    await services.queues.send('advance-rollout', message, { visibleAfterMs });
  }
  return outcome;
};

const tick = async (services: RolloutServices, message: AdvanceRolloutMessage): Promise<TickOutcome> => {
  const { rollouts, clock, log } = services;
  const [stored, endpoint] = await Promise.all([
    rollouts.readRollout(message.endpoint, message.rolloutId),
    rollouts.readEndpoint(message.endpoint),
  ]);
  if (stored === undefined || endpoint === undefined) return 'gone';
  if (message.rev !== undefined && message.rev < stored.value.rev) return 'stale';
  if (stored.value.wakeUp === null || stored.value.wakeUp === undefined) return 'idle';

  const seen = await observe(services, stored.value).catch((cause: unknown) => {
    const { code, message: reason } = toSlipwayError(cause);
    if (ON_FAILURE[code] === 'park' || code === 'INTERNAL_ERROR') throw cause;
    log.warn({ rollout: stored.value.id, code, reason }, 'platform could not be observed');
    return undefined;
  });
  if (seen === undefined) return 'postponed';

  const next = reduce(stored.value, endpoint.value, seen, clock());
  const committed = await rollouts.commit(message.endpoint, writesOf(stored, endpoint, next));
  if (!committed.ok) return 'overtaken';

  const refusal = await runEffects(services, next.rollout, next.effects);
  if (refusal !== undefined) await recordRefusal(services, next.rollout, refusal);
  return 'advanced';
};

const writesOf = (
  rollout: Stored<Rollout>,
  endpoint: Stored<EndpointRecord>,
  next: ReturnType<typeof reduce>,
): readonly Write[] => [
  { op: 'replace', value: next.rollout, etag: rollout.etag },
  ...(sameRecord(endpoint.value, next.endpoint) ? [] : [endpointWrite(next.endpoint, endpoint.etag)]),
  ...next.entries.map(journalWrite),
];

const sameRecord = (left: EndpointRecord, right: EndpointRecord): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

/** Notes a refusal on the rollout, unless it has moved on: then the next refusal will be noted. */
const recordRefusal = async (
  { rollouts }: RolloutServices,
  { endpoint, id, rev }: Rollout,
  refusal: Refusal,
): Promise<void> => {
  const stored = await rollouts.readRollout(endpoint, id);
  if (stored?.value.rev !== rev) return;
  // Same rev: the tick that is due already stays the one that goes on.
  const noted: Rollout = { ...stored.value, refusal };
  await rollouts.commit(endpoint, [{ op: 'replace', value: noted, etag: stored.etag }]);
};
