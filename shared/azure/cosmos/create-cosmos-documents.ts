import {
  type Container,
  type FeedOptions,
  type OperationInput,
  type OperationResponse,
  type SqlQuerySpec,
  StatusCodes,
} from '@azure/cosmos';
import type { CommitOutcome, Document, Documents, Page, Query, Write } from '../../platform/documents.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { toCosmosError } from './cosmos-errors.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';
import { toSql } from './query-sql.ts';
import { readTogether } from './read-together.ts';
import { fromStored, type StoredDocument, toStored } from './stored-document.ts';

const MAX_WRITES = 100;
const MAX_PAGE = 1000;
/** What was written need not come back: nobody looks at it. */
const NO_CONTENT = { contentResponseOnWriteEnabled: false } as const;

const REASONS = { 404: 'missing', 409: 'exists', 412: 'changed' } as const;

const toOperation = (partition: string, write: Write): OperationInput => {
  switch (write.op) {
    case 'create':
      return { operationType: 'Create', resourceBody: toStored(partition, write.value) };
    case 'upsert':
      return { operationType: 'Upsert', resourceBody: toStored(partition, write.value) };
    case 'replace': {
      const operation = {
        operationType: 'Replace',
        id: write.value.id,
        resourceBody: toStored(partition, write.value),
      } as const;
      return write.etag === undefined ? operation : { ...operation, ifMatch: write.etag };
    }
    case 'delete': {
      const operation = { operationType: 'Delete', id: write.id } as const;
      // The service takes a condition on every kind; the SDK sends it but its type of a delete does not have it.
      return write.etag === undefined ? operation : ({ ...operation, ifMatch: write.etag } as OperationInput);
    }
    default:
      return write satisfies never;
  }
};

const isRefusal = (status: number): status is keyof typeof REASONS => Object.hasOwn(REASONS, status);

/** The first operation that failed for a reason of its own; the others only say that the batch failed. */
const toOutcome = (responses: readonly OperationResponse[]): CommitOutcome => {
  const index = responses.findIndex(
    ({ statusCode }) => statusCode >= 300 && statusCode !== StatusCodes.FailedDependency,
  );
  const status = responses[index]?.statusCode;
  if (status === undefined) return { ok: true };
  if (isRefusal(status)) return { ok: false, reason: REASONS[status], index };
  throw toCosmosError({ code: status }, 'commit');
};

/** What can be no id of a document: asked for it, the SDK or the service throws instead of finding nothing. */
const NO_ID = /[/\\?#]|^$|\s$|^.{1024}/s;

/** Bytes of a partition key as the SDK writes it into a header, where all but ASCII is escaped. */
const MAX_KEY_BYTES = 2048;

/** Nothing is stored under a key that is too long, but the service refuses it instead of finding nothing. */
const isTooLong = (partition: string): boolean =>
  JSON.stringify([partition]).replace(/[^ -~]/g, '\\u0000').length > MAX_KEY_BYTES;

const commit = async (container: Container, partition: string, writes: readonly Write[]): Promise<CommitOutcome> => {
  if (writes.length === 0) return { ok: true };
  if (writes.length > MAX_WRITES) {
    throw new SlipwayError('PAYLOAD_TOO_LARGE', `a commit takes at most ${MAX_WRITES} writes`, {
      details: { writes: writes.length },
    });
  }
  const operations = writes.map((write) => toOperation(partition, write));
  const { result } = await container.items.batch(operations, partition, NO_CONTENT).catch((cause: unknown) => {
    throw toCosmosError(cause, 'commit');
  });
  return toOutcome(result ?? []);
};

const feedOptions = (partition: string | undefined, maxItemCount: number, token: string | undefined): FeedOptions => ({
  maxItemCount,
  // Without a partition the SDK merges ranges; only in this mode it can go on from a token when it sorts as well.
  ...(partition === undefined ? { enableQueryControl: true } : { partitionKey: partition }),
  ...(token === undefined ? {} : { continuationToken: token }),
});

/** Fills the page: the service may answer with fewer than it was asked for, even with none, and have more. */
const fetchPage = async (
  container: Container,
  {
    partition,
    spec,
    limit,
    token: first,
  }: { partition: string | undefined; spec: SqlQuerySpec; limit: number; token: string | undefined },
): Promise<{ readonly resources: readonly StoredDocument[]; readonly token: string | undefined }> => {
  const resources: StoredDocument[] = [];
  let token = first;
  do {
    const options = feedOptions(partition, limit - resources.length, token);
    const page = await container.items.query<StoredDocument>(spec, options).fetchNext();
    resources.push(...(page.resources ?? []));
    token = page.continuationToken || undefined;
  } while (resources.length < limit && token !== undefined);
  return { resources, token };
};

const query = async <T extends Document>(
  container: Container,
  partition: string | undefined,
  asked: Query,
): Promise<Page<T>> => {
  const { limit, continuation } = asked;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `limit must be a whole number from 1 to ${MAX_PAGE}`);
  }
  if (partition !== undefined && isTooLong(partition)) return { items: [] };
  const spec = toSql(asked);
  const start = continuation === undefined ? undefined : decodePageToken(partition, spec, continuation);
  const { resources, token } = await fetchPage(container, { partition, spec, limit, token: start }).catch(
    (cause: unknown) => {
      throw toCosmosError(cause, 'query');
    },
  );
  const items = resources.map((resource) => fromStored<T>(resource));
  return token === undefined ? { items } : { items, next: encodePageToken(partition, spec, token) };
};

/** Documents in one Cosmos DB container with the partition key path `/partition`. */
export const createCosmosDocuments = (container: Container): Documents => {
  const read = readTogether(container);
  return {
    async read<T extends Document>(partition: string, id: string) {
      if (NO_ID.test(id) || isTooLong(partition)) return undefined;
      const found = await read({ partition, id });
      return found === undefined ? undefined : fromStored<T>(found);
    },
    commit: (partition, writes) => commit(container, partition, writes),
    query: (partition, asked) => query(container, partition, asked),
  };
};
