import { badRequest } from './cosmos-error.ts';
import { effectivePartitionKey } from './effective-partition-key.ts';
import type { JsonObject } from './json.ts';
import type { PartitionKey } from './partition-key.ts';
import type { Container } from './storage/container.ts';
import type { Partition, StoredDocument } from './storage/partition.ts';

export interface FeedRequest {
  /** `If-None-Match`: the tag of the page before, `*` for "from now", undefined for the beginning. */
  readonly position?: string;
  /** Only changes at or after this second. */
  readonly sinceSeconds?: number;
  readonly partitionKey?: PartitionKey;
  /** Effective partition keys, in upper-case hex: from, inclusive; to, exclusive. */
  readonly range?: { readonly from: string; readonly to: string };
  readonly maxItems: number;
  readonly isVisible: (document: JsonObject) => boolean;
}

export interface FeedPage {
  /** In the order of their changes; empty means "not modified". */
  readonly documents: readonly StoredDocument[];
  /** The position after this page. */
  readonly etag: string;
}

const FROM_NOW = '*';

const toEtag = (lsn: number): string => `"${lsn}"`;

const startOf = (position: string | undefined, container: Container): number => {
  if (position === undefined) return 0;
  if (position === FROM_NOW) return container.lsn;
  const lsn = Number(position.replaceAll('"', ''));
  if (!Number.isInteger(lsn)) throw badRequest('The change feed position is not one of this container.');
  return lsn;
};

const rangeFilter = (
  { range, partitionKey }: FeedRequest,
  container: Container,
): ((partition: Partition) => boolean) => {
  const under = partitionKey === undefined ? undefined : new Set(container.partitionsUnder(partitionKey));
  return (partition) => {
    if (under !== undefined && !under.has(partition)) return false;
    if (range === undefined) return true;
    const key = partition.effectiveKey(effectivePartitionKey);
    return key >= range.from && key < range.to;
  };
};

/** The latest version of what changed after a position. A document that changed twice comes once, at its last place. */
export const readChangeFeed = (container: Container, request: FeedRequest): FeedPage => {
  const isInRange = rangeFilter(request, container);
  const since = request.sinceSeconds ?? 0;
  const documents: StoredDocument[] = [];
  const start = startOf(request.position, container);
  for (const document of container.log.after(start)) {
    if (!isInRange(document.partition) || !request.isVisible(document.body)) continue;
    if (Number(document.body['_ts']) < since) continue;
    if (documents.length >= request.maxItems) return { documents, etag: toEtag(documents.at(-1)?.lsn ?? start) };
    documents.push(document);
  }
  return { documents, etag: toEtag(container.lsn) };
};
