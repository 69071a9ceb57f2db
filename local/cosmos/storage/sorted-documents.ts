import { type Json, valueAt } from '../json.ts';
import { compareValues, type Value } from '../sql/values.ts';
import type { StoredDocument } from './partition.ts';

export interface SortOrder {
  /** Without steps: in the order of creation alone. */
  readonly path: readonly string[];
  readonly isDescending: boolean;
}

interface Entry {
  readonly value: Value;
  readonly document: StoredDocument;
}

/** Documents that have a property, kept in its order; equal ones in the order of partition and creation. */
export class SortedDocuments {
  readonly #order: SortOrder;
  #entries: Entry[];
  #changeCount = 0;

  constructor(order: SortOrder, documents: Iterable<StoredDocument>) {
    this.#order = order;
    this.#entries = [];
    for (const document of documents) {
      const entry = this.#entryOf(document);
      if (entry !== undefined) this.#entries.push(entry);
    }
    this.#entries.sort((left, right) => this.#compare(left, right));
  }

  add(document: StoredDocument): void {
    const entry = this.#entryOf(document);
    if (entry === undefined) return;
    this.#entries.splice(this.#placeOf(entry), 0, entry);
    this.#changeCount += 1;
  }

  remove(document: StoredDocument): void {
    const entry = this.#entryOf(document);
    if (entry === undefined) return;
    const at = this.#placeOf(entry);
    if (this.#entries[at]?.document !== document) return;
    this.#entries.splice(at, 1);
    this.#changeCount += 1;
  }

  /** From the first that has the value on, or that comes behind it. What changes meanwhile moves no other. */
  *from(value: Json | undefined): Generator<StoredDocument> {
    let at = value === undefined ? 0 : this.#firstAt((entry) => this.#compareValues(entry.value, value) >= 0);
    for (let entry = this.#entries[at]; entry !== undefined; entry = this.#entries[at]) {
      const { value: last, document } = entry;
      const seen = this.#changeCount;
      yield document;
      at =
        seen === this.#changeCount
          ? at + 1
          : this.#firstAt((other) => this.#compare(other, { value: last, document }) > 0);
    }
  }

  #entryOf(document: StoredDocument): Entry | undefined {
    const { path } = this.#order;
    if (path.length === 0) return { value: null, document };
    const value = valueAt(document.body, path);
    return value === undefined ? undefined : { value, document };
  }

  #placeOf(entry: Entry): number {
    return this.#firstAt((other) => this.#compare(other, entry) >= 0);
  }

  #firstAt(isThere: (entry: Entry) => boolean): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && isThere(entry)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #compareValues(left: Value, right: Value): number {
    return this.#order.isDescending ? -compareValues(left, right) : compareValues(left, right);
  }

  #compare(left: Entry, right: Entry): number {
    return (
      this.#compareValues(left.value, right.value) ||
      left.document.partition.ordinal - right.document.partition.ordinal ||
      left.document.ordinal - right.document.ordinal
    );
  }
}
