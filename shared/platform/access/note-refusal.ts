import type { Documents } from '../documents.ts';
import { derivedId } from '../ids.ts';
import { type Cause, journalEntry, journalWrite } from '../journal.ts';
import type { Logger } from '../logging.ts';
import { type Clock, toIso } from '../time.ts';
import type { Refusal } from './refusal.ts';

/** A login that was refused. Never holds what was shown. */
export interface RefusedLogin {
  readonly address: string;
  readonly refusal: Refusal;
  /** Name of the route. */
  readonly route: string;
}

/** Journals refused logins, one an hour for each address, so that nobody can flood the journal with them. */
export type NoteRefusal = (refused: RefusedLogin, cause: Cause) => Promise<void>;

const PARTITION = 'access';
const HOUR_MS = 3_600_000;
const MOST_ADDRESSES_AN_HOUR = 100;

export interface NoteRefusalServices {
  /** The container `settings`. */
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A failure to note one is logged: a wrong password must not become an error of ours. */
export const createNoteRefusal = ({ documents, clock, log }: NoteRefusalServices): NoteRefusal => {
  let hour = 0;
  const noted = new Set<string>();
  return async ({ address, refusal, route }, cause) => {
    const now = clock();
    const thisHour = Math.floor(now / HOUR_MS);
    if (thisHour !== hour) noted.clear();
    hour = thisHour;
    if (noted.has(address) || noted.size >= MOST_ADDRESSES_AN_HOUR) return;
    noted.add(address);
    const id = derivedId('je', 'slipway.access.refused', address, thisHour);
    const data = { address, refusal, route, hour: toIso(now).slice(0, 13) };
    const event = { type: 'slipway.access.refused', subject: `access/${encodeURIComponent(address)}`, data } as const;
    try {
      await documents.commit(PARTITION, [journalWrite(journalEntry(id, event, cause, now))]);
    } catch (error) {
      log.warn({ address, reason: (error as Error).message }, 'a refused login could not be journaled');
    }
  };
};
