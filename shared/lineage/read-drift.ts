import type { EventData } from '../events/catalogue.ts';
import type { JournalEntry } from '../platform/journal.ts';
import type { JournalReader } from './journal-reader.ts';
import type { Lineage } from './lineage.ts';
import { type NamePeriod, wasNamed } from './model-names.ts';
import type { LineageServices } from './services.ts';

export type DriftEntry = JournalEntry<
  'slipway.drift.detected' | 'slipway.drift.cleared',
  EventData<'slipway.drift.detected'>
>;

const TYPES = ['slipway.drift.detected', 'slipway.drift.cleared'] as const;

/**
 * Drift of this version: where the monitor names it, and on endpoints while it was deployed there. A monitor of the
 * model alone may mean any of its versions.
 */
export const readDrift = async (
  { journals: { monitors } }: LineageServices,
  reader: JournalReader,
  of: {
    readonly names: readonly NamePeriod[];
    readonly version: string;
    readonly deployments: Lineage['deployments'];
  },
): Promise<readonly DriftEntry[]> => {
  const models = [...new Set(of.names.map(({ name }) => name))];
  const endpoints = [...new Set(of.deployments.map(({ endpoint }) => endpoint))];
  const type = { path: 'type', op: 'in', value: TYPES } as const;
  const found = [
    ...(await reader.read(monitors, undefined, [type, { path: 'data.model', op: 'in', value: models }])),
    ...(endpoints.length === 0
      ? []
      : await reader.read(monitors, undefined, [type, { path: 'data.endpoint', op: 'in', value: endpoints }])),
  ] as readonly DriftEntry[];
  const wasThere = (endpoint: string, at: string): boolean =>
    of.deployments.some(
      ({ from, to, ...place }) => place.endpoint === endpoint && from !== undefined && from <= at && at <= (to ?? at),
    );
  const isOurs = ({ time, data: { model, version, endpoint } }: DriftEntry): boolean => {
    if (version !== undefined && version !== of.version) return false;
    if (model !== undefined && !wasNamed(of.names, model, time)) return false;
    return endpoint === undefined || (version !== undefined && model !== undefined) || wasThere(endpoint, time);
  };
  return [...new Map(found.filter(isOurs).map((entry) => [entry.id, entry])).values()].toSorted(byTime);
};

/** The oldest first; what happened in one batch stays as it is. */
export const byTime = (a: { readonly time: string }, b: { readonly time: string }): number =>
  a.time === b.time ? 0 : a.time < b.time ? -1 : 1;
