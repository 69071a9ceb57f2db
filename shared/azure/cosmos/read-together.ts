import { type Container, type OperationResponse, StatusCodes } from '@azure/cosmos';
import DataLoader from 'dataloader';
import { toCosmosError } from './cosmos-errors.ts';
import type { StoredDocument } from './stored-document.ts';

/** 404 because the container is not there, as against the document. */
const OWNER_MISSING = 1003;
/** What the service takes in one bulk request. */
const MOST_READS = 100;
/** While so many requests are under way, the next one gathers what comes, but not for longer than this. */
const MOST_UNDER_WAY = 2;
const LONGEST_WAIT_MS = 5;

interface Key {
  readonly partition: string;
  readonly id: string;
}

type Read = (key: Key) => Promise<StoredDocument | undefined>;

/**
 * Point reads, of which those that are asked for at about the same time travel in one request: under load most of what
 * a read costs is its request. A read that is alone goes alone and at once, and none begins before it is asked for, so
 * each sees every write that had ended then.
 *
 * @returns a function that reads one document, undefined when there is none; it throws SlipwayError as `toCosmosError`
 * says
 * @see https://learn.microsoft.com/azure/cosmos-db/nosql/tutorial-dotnet-bulk-import for what a bulk request is
 */
export const readTogether = (container: Container): Read => {
  let underWay = 0;
  const waiting = new Set<() => void>();

  const schedule = (dispatch: () => void): void => {
    if (underWay < MOST_UNDER_WAY) {
      setImmediate(dispatch);
      return;
    }
    const go = (): void => {
      if (!waiting.delete(go)) return;
      clearTimeout(timer);
      dispatch();
    };
    const timer = setTimeout(go, LONGEST_WAIT_MS);
    waiting.add(go);
  };

  const readAll = async (keys: readonly Key[]): Promise<(StoredDocument | undefined | Error)[]> => {
    underWay += 1;
    try {
      const found = keys.length === 1 ? [] : await readInBulk(container, keys);
      return await Promise.all(
        keys.map(async (key, at) => documentOf(found[at]) ?? readAlone(container, key, found[at])),
      );
    } finally {
      underWay -= 1;
      const [next] = waiting;
      next?.();
    }
  };

  const loader = new DataLoader<Key, StoredDocument | undefined>(readAll, {
    cache: false,
    maxBatchSize: MOST_READS,
    batchScheduleFn: schedule,
  });
  return (key) => loader.load(key);
};

/** The answers in the order of the keys; none when the request failed as a whole: then each is read alone. */
const readInBulk = async (container: Container, keys: readonly Key[]): Promise<readonly OperationResponse[]> => {
  const operations = keys.map(({ partition, id }) => ({ operationType: 'Read', id, partitionKey: partition }) as const);
  try {
    // Its successor gathers by timers of its own, of a tenth of a second.
    return await container.items.bulk(operations, { continueOnError: true });
  } catch {
    return [];
  }
};

const documentOf = (response: OperationResponse | undefined): StoredDocument | undefined =>
  response?.statusCode === StatusCodes.Ok ? (response.resourceBody as unknown as StoredDocument) : undefined;

/** What the bulk request says is missing is missing; anything else is asked for again, as the client then retries. */
const readAlone = async (
  container: Container,
  { partition, id }: Key,
  bulk: OperationResponse | undefined,
): Promise<StoredDocument | undefined | Error> => {
  if (bulk?.statusCode === StatusCodes.NotFound) return undefined;
  try {
    const { resource, statusCode, substatus } = await container.item(id, partition).read<StoredDocument>();
    if (resource !== undefined) return resource;
    if (statusCode === StatusCodes.NotFound && substatus !== OWNER_MISSING) return undefined;
    return toCosmosError({ code: statusCode }, 'read');
  } catch (cause) {
    return toCosmosError(cause, 'read');
  }
};
