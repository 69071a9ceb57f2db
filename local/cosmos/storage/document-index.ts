import { isJsonObject, type Json, type JsonObject, valueAt } from '../json.ts';
import type { StoredDocument } from './partition.ts';
import { SortedDocuments, type SortOrder } from './sorted-documents.ts';

/** A property with a value, or a list with an element that has a property with a value. */
export interface Term {
  readonly path: readonly string[];
  /** The property of the list's element. */
  readonly element?: string;
  readonly value: Json;
}

interface Field {
  readonly path: readonly string[];
  readonly element?: string;
}

class Posting {
  readonly documents = new Set<StoredDocument>();
  readonly sorted = new Map<string, SortedDocuments>();

  add(document: StoredDocument): void {
    this.documents.add(document);
    for (const one of this.sorted.values()) one.add(document);
  }

  remove(document: StoredDocument): void {
    if (!this.documents.delete(document)) return;
    for (const one of this.sorted.values()) one.remove(document);
  }

  inOrder(order: SortOrder): SortedDocuments {
    const key = JSON.stringify(order);
    const known = this.sorted.get(key);
    if (known !== undefined) return known;
    const made = new SortedDocuments(order, this.documents);
    this.sorted.set(key, made);
    return made;
  }
}

const fieldKey = ({ path, element }: Field): string => JSON.stringify([path, element ?? null]);

const valuesOf = (body: JsonObject, { path, element }: Field): readonly Json[] => {
  const value = valueAt(body, path);
  if (element === undefined) return value === undefined ? [] : [value];
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((one) => {
    const part = isJsonObject(one) ? valueAt(one, [element]) : undefined;
    return part === undefined ? [] : [part];
  });
};

const termKey = (field: string, value: Json): string => `${field}=${JSON.stringify(value)}`;

/**
 * Documents by the values of their properties, as the service's index has them. It begins to know a property when a
 * query first asks for it.
 */
export class DocumentIndex {
  readonly #fields = new Map<string, Field>();
  readonly #postings = new Map<string, Posting>();
  readonly #all: () => Iterable<StoredDocument>;

  /** @param all every document there is, when a property is asked for first */
  constructor(all: () => Iterable<StoredDocument>) {
    this.#all = all;
  }

  add(document: StoredDocument): void {
    for (const key of this.#termsOf(document)) this.#posting(key).add(document);
  }

  remove(document: StoredDocument): void {
    for (const key of this.#termsOf(document)) {
      const posting = this.#postings.get(key);
      posting?.remove(document);
      if (posting?.documents.size === 0) this.#postings.delete(key);
    }
  }

  with(term: Term): ReadonlySet<StoredDocument> {
    return this.#lookUp(term)?.documents ?? new Set();
  }

  sorted(term: Term, order: SortOrder): SortedDocuments {
    return this.#lookUp(term)?.inOrder(order) ?? new SortedDocuments(order, []);
  }

  #lookUp(term: Term): Posting | undefined {
    const key = fieldKey(term);
    if (!this.#fields.has(key)) {
      this.#fields.set(key, term);
      for (const document of this.#all()) this.#addTo(key, term, document);
    }
    return this.#postings.get(termKey(key, term.value));
  }

  #addTo(key: string, field: Field, document: StoredDocument): void {
    for (const value of new Set(valuesOf(document.body, field))) this.#posting(termKey(key, value)).add(document);
  }

  #posting(key: string): Posting {
    const known = this.#postings.get(key);
    if (known !== undefined) return known;
    const made = new Posting();
    this.#postings.set(key, made);
    return made;
  }

  /** Each once: two elements of a list may have the same. */
  #termsOf({ body }: StoredDocument): ReadonlySet<string> {
    const terms = new Set<string>();
    for (const [key, field] of this.#fields) {
      for (const value of valuesOf(body, field)) terms.add(termKey(key, value));
    }
    return terms;
  }
}
