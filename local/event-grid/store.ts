import { type Journal, type JournalRecord, memoryJournal, openJournal, readJournal } from './journal.ts';
import type { Subscription } from './subscription.ts';
import { type AcceptedEvent, type Delivery, hasEnded } from './types.ts';

/** Subscriptions, events and deliveries: in memory for reading, in the journal before anything is answered. */
export interface Store {
  readonly nextSeq: () => number;
  /** By lower-case id. */
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  /** By sequence number, oldest first. */
  readonly events: ReadonlyMap<number, AcceptedEvent>;
  /** By id, oldest first. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** Resolves when the journal has the records. */
  write(records: readonly JournalRecord[]): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_RETAINED = 100_000;

/** A store over `dataDir`, with what an earlier process left there; without a directory in memory only. */
export const openStore = async (dataDir: string | undefined, retained = DEFAULT_RETAINED): Promise<Store> => {
  const state = emptyState();
  for (const record of dataDir === undefined ? [] : await readJournal(dataDir)) apply(state, record);
  trim(state, retained);
  const journal: Journal = dataDir === undefined ? memoryJournal : await openJournal(dataDir, snapshot(state));
  return {
    nextSeq: () => {
      state.seq += 1;
      return state.seq;
    },
    subscriptions: state.subscriptions,
    events: state.events,
    deliveries: state.deliveries,
    write: async (records) => {
      for (const record of records) apply(state, record);
      trim(state, retained);
      await journal.append(records);
    },
    close: () => journal.close(),
  };
};

interface State {
  seq: number;
  readonly subscriptions: Map<string, Subscription>;
  readonly events: Map<number, AcceptedEvent>;
  readonly deliveries: Map<string, Delivery>;
}

const emptyState = (): State => ({ seq: 0, subscriptions: new Map(), events: new Map(), deliveries: new Map() });

const apply = (state: State, record: JournalRecord): void => {
  switch (record.kind) {
    case 'subscription':
      state.subscriptions.set(record.value.id.toLowerCase(), record.value);
      return;
    case 'subscription-deleted':
      state.subscriptions.delete(record.id.toLowerCase());
      return;
    case 'event':
      state.events.set(record.value.seq, record.value);
      state.seq = Math.max(state.seq, record.value.seq);
      return;
    case 'delivery':
      state.deliveries.set(record.value.id, record.value);
  }
};

const snapshot = (state: State): readonly JournalRecord[] => [
  ...[...state.subscriptions.values()].map((value) => ({ kind: 'subscription', value }) as const),
  ...[...state.events.values()].map((value) => ({ kind: 'event', value }) as const),
  ...[...state.deliveries.values()].map((value) => ({ kind: 'delivery', value }) as const),
];

/** Forgets the oldest tenth of what has ended, once there is more than `retained` of it. */
const trim = (state: State, retained: number): void => {
  const kept = Math.floor(retained * 0.9);
  if (state.deliveries.size > retained) {
    const ended = [...state.deliveries.values()].filter(hasEnded);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - kept))) state.deliveries.delete(id);
  }
  if (state.events.size > retained) {
    const busy = new Set([...state.deliveries.values()].filter((one) => !hasEnded(one)).map(({ seq }) => seq));
    const idle = [...state.events.keys()].filter((seq) => !busy.has(seq));
    for (const seq of idle.slice(0, Math.max(0, idle.length - kept))) state.events.delete(seq);
  }
};
