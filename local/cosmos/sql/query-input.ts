import type { Json, JsonObject } from '../json.ts';
import type { ParsedQuery } from './parse-query.ts';

/** A document on its way through a query. */
export interface ScannedDocument {
  readonly body: JsonObject;
  readonly partition: number;
  readonly ordinal: number;
}

export interface QueryInput {
  readonly query: ParsedQuery;
  readonly parameters: ReadonlyMap<string, Json>;
  /** In the order of partition and ordinal, or in the one that the query asks for. */
  readonly documents: Iterable<ScannedDocument>;
  /** Whether `documents` are in the query's own order. */
  readonly isSorted?: boolean;
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly continuation?: string;
}

export interface QueryPage {
  /** JSON texts: each result is written out once, here. */
  readonly items: readonly string[];
  readonly continuation?: string;
  readonly scannedCount: number;
}
