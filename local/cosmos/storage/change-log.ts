import type { StoredDocument } from './partition.ts';

const MIN_STALE_ENTRIES = 1024;

const isLatest = (entry: StoredDocument): boolean => entry.partition.documents.get(entry.id) === entry;

/** The latest version of every document in the order of their changes. */
export class ChangeLog {
  #entries: StoredDocument[] = [];
  #staleCount = 0;

  append(entry: StoredDocument): void {
    this.#entries.push(entry);
  }

  /** Counts a version that was replaced or deleted; the log is cleared of them when they are most of it. */
  supersede(): void {
    this.#staleCount += 1;
    if (this.#staleCount < MIN_STALE_ENTRIES || this.#staleCount * 2 < this.#entries.length) return;
    this.#entries = this.#entries.filter(isLatest);
    this.#staleCount = 0;
  }

  /** Puts entries that were read back from a snapshot, which is in another order, into theirs. */
  restore(): void {
    this.#entries = this.#entries.filter(isLatest).sort((left, right) => left.lsn - right.lsn);
    this.#staleCount = 0;
  }

  /** The latest versions changed after `lsn`, oldest change first. */
  *after(lsn: number): Generator<StoredDocument> {
    const entries = this.#entries;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.lsn ?? 0) <= lsn) low = middle + 1;
      else high = middle;
    }
    for (let index = low; index < entries.length; index += 1) {
      const entry = entries[index];
      if (entry !== undefined && isLatest(entry)) yield entry;
    }
  }
}
