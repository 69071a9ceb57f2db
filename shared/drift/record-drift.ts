import type { EventData } from '../events/catalogue.ts';
import { subjectOf } from '../events/subjects.ts';
import { derivedId } from '../platform/ids.ts';
import { type Cause, journalEntry } from '../platform/journal.ts';
import { type Clock, toIso } from '../platform/time.ts';
import type { Monitor } from './monitor.ts';
import type { MonitorStore } from './monitor-store.ts';

export interface RecordDriftServices {
  readonly monitors: MonitorStore;
  readonly clock: Clock;
}

/** Drift that Azure ML found, as its event tells it. */
export interface ForeignDrift {
  readonly name: string;
  readonly driftScore: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * Records drift that Azure ML found as `slipway.drift.detected`, on the monitor of that name; an unknown monitor is
 * created without a target, so nothing is lost.
 *
 * @returns true the first time, false when this event was recorded before
 * @throws SlipwayError RESOURCE_CONFLICT to be tried again
 */
export const recordDrift = async (
  drift: ForeignDrift,
  cause: Cause,
  { monitors, clock }: RecordDriftServices,
): Promise<boolean> => {
  const found = await monitors.get(drift.name);
  const monitor: Monitor = found?.value ?? { id: 'monitor', kind: 'monitor', definition: { name: drift.name } };
  const id = derivedId('drift', drift.name, cause.causedBy);
  const now = clock();
  const entry = journalEntry(
    id,
    { type: 'slipway.drift.detected', subject: subjectOf.monitor(drift.name), data: dataOf(drift, monitor) },
    cause,
    now,
  );
  const lastDrift = { driftScore: drift.driftScore, at: endOf(drift) ?? toIso(now), event: id };
  return monitors.record(withLatest(monitor, lastDrift), entry, found?.etag);
};

/** End of the window in UTC; senders give an offset, or nothing. */
const endOf = ({ to }: ForeignDrift): string | undefined =>
  to === undefined || Number.isNaN(Date.parse(to)) ? undefined : new Date(to).toISOString();

/** Events come late and out of order: drift of an older window does not hide that of a newer one. */
const withLatest = (monitor: Monitor, lastDrift: NonNullable<Monitor['lastDrift']>): Monitor =>
  monitor.lastDrift !== undefined && monitor.lastDrift.at > lastDrift.at ? monitor : { ...monitor, lastDrift };

const dataOf = (drift: ForeignDrift, { definition }: Monitor): EventData<'slipway.drift.detected'> => ({
  monitor: drift.name,
  driftScore: drift.driftScore,
  source: 'azure-ml',
  ...(definition.endpoint === undefined ? {} : { endpoint: definition.endpoint }),
  ...(definition.model === undefined ? {} : { model: definition.model }),
  ...(drift.from === undefined ? {} : { from: drift.from }),
  ...(drift.to === undefined ? {} : { to: drift.to }),
});
