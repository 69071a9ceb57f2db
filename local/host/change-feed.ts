import { type ChangeFeedPullModelIterator, ChangeFeedStartFrom, type Container, StatusCodes } from '@azure/cosmos';
import { toIso } from '../../shared/platform/time.ts';
import { ChangeFeedLease, LeaseLostError } from './change-feed-lease.ts';
import { cosmosClient } from './cosmos-connection.ts';
import type { HostFunction } from './indexing.ts';
import type { Listener, ListenerContext } from './listener.ts';
import { describeError } from './log.ts';
import { pause, withRetries } from './retry.ts';

const DEFAULT_POLL_DELAY_MS = 5000;
const FIRST_TROUBLE_DELAY_MS = 250;
const LONGEST_TROUBLE_DELAY_MS = 10_000;

interface Feed {
  readonly context: ListenerContext;
  readonly fn: HostFunction;
  readonly container: Container;
  readonly lease: ChangeFeedLease;
  /** Makes the lease container when the function asks for it. */
  readonly prepare: () => Promise<void>;
}

/**
 * A Cosmos DB trigger: reads the change feed of the whole container and keeps its place in the lease container only
 * after the function has succeeded, so a batch that a crash cut off comes again.
 *
 * @throws MissingSettingError when a connection is not set
 */
export const createChangeFeedListener = (context: ListenerContext, fn: HostFunction): Listener => {
  const { options } = fn;
  const connection = String(options['connection'] ?? 'CosmosDB');
  const databaseName = String(options['databaseName']);
  const containerName = String(options['containerName']);
  if (options['changeFeedMode'] === 'AllVersionsAndDeletes')
    throw new Error('changeFeedMode AllVersionsAndDeletes is not served by this host');
  const leaseConnection = String(options['leaseConnection'] ?? connection);
  const leaseDatabase = cosmosClient(leaseConnection, context.settings).database(
    String(options['leaseDatabaseName'] ?? databaseName),
  );
  const leaseContainer = String(options['leaseContainerName'] ?? 'leases');
  const leaseId = [String(options['leaseContainerPrefix'] ?? ''), databaseName, '.', containerName].join('');
  return {
    run: (stop) =>
      follow(
        {
          context,
          fn,
          container: cosmosClient(connection, context.settings).database(databaseName).container(containerName),
          lease: new ChangeFeedLease(leaseDatabase.container(leaseContainer), leaseId),
          prepare: async () => {
            if (options['createLeaseContainerIfNotExists'] !== true) return;
            await leaseDatabase.containers.createIfNotExists({ id: leaseContainer, partitionKey: { paths: ['/id'] } });
          },
        },
        stop,
      ),
  };
};

/** Starts over from the lease after any trouble with the account, more slowly each time. */
const follow = async (feed: Feed, stop: AbortSignal): Promise<void> => {
  const { context, fn } = feed;
  let delayMs = FIRST_TROUBLE_DELAY_MS;
  while (!stop.aborted) {
    try {
      await feed.prepare();
      await readOn(feed, stop, () => {
        delayMs = FIRST_TROUBLE_DELAY_MS;
      });
    } catch (error) {
      const what =
        error instanceof LeaseLostError ? 'goes on from where another reader is' : 'cannot read, and tries again';
      // Once per spell of trouble is enough.
      context.log(delayMs === FIRST_TROUBLE_DELAY_MS ? 'warning' : 'debug', 'Host.ChangeFeed', `'${fn.name}' ${what}`, {
        functionName: fn.name,
        error: describeError(error),
      });
      await pause(delayMs, stop);
      delayMs = Math.min(delayMs * 2, LONGEST_TROUBLE_DELAY_MS);
    }
  }
};

const readOn = async (feed: Feed, stop: AbortSignal, onHealthy: () => void): Promise<void> => {
  const { context, fn, lease } = feed;
  const pollDelayMs = Number(fn.options['feedPollDelay'] ?? DEFAULT_POLL_DELAY_MS);
  const iterator = await open(feed);
  while (!stop.aborted) {
    const page = await iterator.readNext();
    onHealthy();
    if (page.statusCode === StatusCodes.NotModified || page.result.length === 0) {
      await pause(pollDelayMs, stop);
      continue;
    }
    const outcome = await deliver(feed, page.result, stop);
    if (outcome === 'stopped') return;
    await lease.save(page.continuationToken, toIso(context.clock()));
  }
};

const open = async (feed: Feed): Promise<ChangeFeedPullModelIterator<unknown>> => {
  const { context, fn, lease } = feed;
  const { options } = fn;
  const continuation = await lease.read();
  if (continuation !== undefined) return iterate(feed, ChangeFeedStartFrom.Continuation(continuation));
  if (options['startFromBeginning'] === true) return iterate(feed, ChangeFeedStartFrom.Beginning());
  const from = options['startFromTime'];
  if (typeof from === 'string') return iterate(feed, ChangeFeedStartFrom.Time(new Date(from)));
  // "Now" is kept before anything else: a crash in the first batch must not move it.
  const now = await iterate(feed, ChangeFeedStartFrom.Now()).readNext();
  await lease.save(now.continuationToken, toIso(context.clock()));
  return iterate(feed, ChangeFeedStartFrom.Continuation(now.continuationToken));
};

const iterate = ({ container, fn }: Feed, changeFeedStartFrom: ReturnType<typeof ChangeFeedStartFrom.Now> | object) =>
  container.items.getChangeFeedIterator<unknown>({
    changeFeedStartFrom: changeFeedStartFrom as ReturnType<typeof ChangeFeedStartFrom.Now>,
    maxItemCount: Number(fn.options['maxItemsPerInvocation'] ?? 100),
  });

/** Without a retry policy, or when it is used up, a batch that fails is passed over, as in Azure. */
const deliver = async ({ context, fn }: Feed, documents: unknown, stop: AbortSignal) => {
  const json = JSON.stringify(documents);
  const count = (documents as unknown[]).length;
  const outcome = await withRetries(fn.metadata.retryOptions, stop, (retryContext) =>
    context.invoker.invoke(fn, {
      input: { json },
      reason: `${count} changes`,
      ...(retryContext && { retryContext }),
    }),
  );
  if (outcome === 'failed') {
    context.log('error', 'Host.ChangeFeed', `'${fn.name}' failed for good: ${count} changes are passed over`, {
      functionName: fn.name,
    });
  }
  return outcome;
};
