import type { JsonObject } from '../json.ts';
import type { RequestUnits } from '../request-charge.ts';

/** The outcome of one operation on one item, alone or in a batch. */
export interface ItemResult {
  readonly status: 200 | 201 | 204 | 304;
  readonly body?: JsonObject;
  readonly etag?: string;
  readonly charge: RequestUnits;
}

/** What an operation demands of the version it finds. */
export interface Conditions {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}
