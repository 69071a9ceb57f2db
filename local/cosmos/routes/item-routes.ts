import { CosmosError } from '../cosmos-error.ts';
import { type CosmosReply, type CosmosRequest, header, isTrue, jsonBody } from '../http/exchange.ts';
import { type BatchOperation, type OperationResponse, parseBatch, runBatch, runBulk } from '../items/batch.ts';
import { createItem, deleteItem, patchItem, readItem, replaceItem, upsertItem } from '../items/item-operations.ts';
import type { ItemResult } from '../items/item-result.ts';
import { parsePartitionKey } from '../partition-key.ts';
import type { Account } from '../storage/account.ts';
import type { Container } from '../storage/container.ts';
import { Transaction } from '../storage/transaction.ts';
import { isChangeFeed, readFeed } from './change-feed-route.ts';
import { isQuery } from './feed-reply.ts';
import { conditionsOf, toReply, wholePartitionKey } from './item-context.ts';
import { queryItems, queryPlan } from './query-routes.ts';

interface Target {
  readonly account: Account;
  readonly database: string;
  readonly container: Container;
  readonly request: CosmosRequest;
}

const sumOf = (charges: readonly { readonly requestCharge: number }[]): number =>
  charges.reduce((sum, { requestCharge }) => sum + requestCharge, 0);

/** Runs one operation in a transaction of its own, and commits it when it did not throw. */
const single = (
  { account, database, container, request }: Target,
  body: unknown,
  operate: (transaction: Transaction) => ItemResult,
): CosmosReply => {
  const transaction = new Transaction(container, wholePartitionKey(container, request, body), account.now());
  const result = operate(transaction);
  account.commit(database, transaction);
  return toReply(result);
};

/** Without the bodies of what was written, when the client does not want them. */
const answered = (
  request: CosmosRequest,
  operations: readonly BatchOperation[],
  responses: readonly OperationResponse[],
): readonly OperationResponse[] => {
  if (header(request, 'prefer') !== 'return=minimal') return responses;
  return responses.map((response, index) => {
    if (operations[index]?.operationType === 'Read') return response;
    const { resourceBody: _body, ...rest } = response;
    return rest;
  });
};

const batch = (target: Target): CosmosReply => {
  const { account, database, container, request } = target;
  const operations = parseBatch(jsonBody(request));
  const transaction = new Transaction(container, wholePartitionKey(container, request), account.now());
  const { isCommitted, responses } = runBatch(transaction, operations);
  if (isCommitted) account.commit(database, transaction);
  return { status: isCommitted ? 200 : 207, body: answered(request, operations, responses), charge: sumOf(responses) };
};

const bulk = ({ account, database, container, request }: Target): CosmosReply => {
  const responses = runBulk(parseBatch(jsonBody(request)), {
    container,
    now: account.now(),
    keyOf: ({ partitionKey }) => parsePartitionKey(partitionKey ?? '[]'),
    commit: (transaction) => account.commit(database, transaction),
  });
  const isWhole = responses.every(({ statusCode }) => statusCode < 300);
  return { status: isWhole ? 200 : 207, body: responses, charge: sumOf(responses) };
};

const postToFeed = (target: Target): CosmosReply | Promise<CosmosReply> => {
  const { request } = target;
  if (isTrue(request, 'x-ms-cosmos-is-query-plan-request')) return queryPlan(jsonBody(request));
  if (isQuery(request)) return queryItems(target.account, target.container, request);
  if (isTrue(request, 'x-ms-cosmos-is-batch-request')) {
    return isTrue(request, 'x-ms-cosmos-batch-atomic') ? batch(target) : bulk(target);
  }
  const body = jsonBody(request);
  const isUpsert = isTrue(request, 'x-ms-documentdb-is-upsert');
  return single(target, body, (transaction) =>
    isUpsert ? upsertItem(transaction, body, conditionsOf(request)) : createItem(transaction, body),
  );
};

const onItem = (target: Target, id: string): CosmosReply => {
  const { request } = target;
  const conditions = conditionsOf(request);
  switch (request.method) {
    case 'GET':
      return single(target, undefined, (transaction) => readItem(transaction, id, conditions));
    case 'PUT': {
      const input = jsonBody(request);
      return single(target, input, (transaction) => replaceItem(transaction, { id, input, conditions }));
    }
    case 'DELETE':
      return single(target, undefined, (transaction) => deleteItem(transaction, id, conditions));
    case 'PATCH': {
      const input = jsonBody(request);
      return single(target, undefined, (transaction) => patchItem(transaction, { id, input, conditions }));
    }
    default:
      throw new CosmosError(405, 'The method is not allowed on an item.');
  }
};

/** What a client uses to read its own writes; here every read sees every write. */
const sessionHeaders = ({ rid, lsn }: Container): Readonly<Record<string, string>> => ({
  'x-ms-session-token': `0:1#${lsn}`,
  'x-ms-content-path': rid,
});

/** `/dbs/{database}/colls/{container}/docs` and `…/docs/{id}`. */
export const itemRoute = async (account: Account, request: CosmosRequest): Promise<CosmosReply> => {
  const { database = '', container: containerId = '', id } = request.address;
  const container = account.container(database, containerId);
  const target = { account, database, container, request };
  const reply = await (id !== undefined
    ? onItem(target, id)
    : request.method === 'POST'
      ? postToFeed(target)
      : isChangeFeed(request)
        ? readFeed(account, container, request)
        : queryItems(account, container, request));
  return {
    ...reply,
    headers: { ...sessionHeaders(container), ...reply.headers },
  };
};
