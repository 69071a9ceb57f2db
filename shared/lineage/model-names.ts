import type { EventData } from '../events/catalogue.ts';
import type { JournalEntry } from '../platform/journal.ts';

export type Changed = JournalEntry<string, EventData<'slipway.model.changed'>>;

/** A name that a model had, and from when until when; RFC 3339, the end not included. */
export interface NamePeriod {
  readonly name: string;
  readonly from: string;
  /** Absent: it still has it. */
  readonly to?: string;
}

/** The beginning, where no entry says it. */
const EVER = '';

/**
 * The names that a model had, in order: what others knew it by then.
 *
 * @param entries the model's own, in order of time
 * @param name its name now, where it lives
 */
export const namePeriods = (entries: readonly Changed[], name: string): readonly NamePeriod[] => {
  const periods: NamePeriod[] = [];
  let from = entries.find(({ data }) => data.change === 'created')?.time ?? EVER;
  for (const { time, data } of entries) {
    if (data.change !== 'renamed' && data.change !== 'deleted') continue;
    periods.push({ name: data.name, from, to: time });
    if (data.change === 'deleted') return periods;
    from = time;
  }
  const current = entries.findLast(({ data }) => data.change === 'renamed')?.data.key ?? name;
  return [...periods, { name: current, from }];
};

/** True when something of that name and time was this model's. */
export const wasNamed = (periods: readonly NamePeriod[], name: string | undefined, at: string): boolean =>
  periods.some((period) => period.name === name && period.from <= at && (period.to === undefined || at <= period.to));
