import * as z from 'zod';
import type { EpochMs } from '../../../shared/platform/time.ts';
import { badRequest, CosmosError, tooLarge } from '../cosmos-error.ts';
import type { JsonObject } from '../json.ts';
import type { PartitionKey } from '../partition-key.ts';
import { failedCharge, type RequestUnits } from '../request-charge.ts';
import type { Container } from '../storage/container.ts';
import { Transaction } from '../storage/transaction.ts';
import { createItem, deleteItem, patchItem, readItem, replaceItem, upsertItem } from './item-operations.ts';
import type { ItemResult } from './item-result.ts';

const MAX_OPERATIONS = 100;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;
const FAILED_DEPENDENCY = 424;

const operation = z.object({
  operationType: z.enum(['Create', 'Upsert', 'Replace', 'Delete', 'Read', 'Patch']),
  id: z.string().optional(),
  resourceBody: z.unknown().optional(),
  ifMatch: z.string().optional(),
  ifNoneMatch: z.string().optional(),
  partitionKey: z.string().optional(),
});

export type BatchOperation = z.infer<typeof operation>;

/** One line of the answer, in the wire's words. */
export interface OperationResponse {
  readonly statusCode: number;
  readonly requestCharge: RequestUnits;
  readonly eTag?: string;
  readonly resourceBody?: JsonObject;
  readonly message?: string;
}

/** @throws CosmosError 400 for what is no batch or has more than 100 operations, 413 above 2 MB */
export const parseBatch = (body: unknown): readonly BatchOperation[] => {
  const parsed = z.array(operation).min(1).safeParse(body);
  if (!parsed.success) throw badRequest(`The batch is not valid: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.length > MAX_OPERATIONS) {
    throw badRequest('Batch request has more operations than what is supported.');
  }
  if (Buffer.byteLength(JSON.stringify(body)) > MAX_BATCH_BYTES) throw tooLarge();
  return parsed.data;
};

const run = (transaction: Transaction, { operationType, resourceBody: input, ...rest }: BatchOperation): ItemResult => {
  const conditions = {
    ...(rest.ifMatch === undefined ? {} : { ifMatch: rest.ifMatch }),
    ...(rest.ifNoneMatch === undefined ? {} : { ifNoneMatch: rest.ifNoneMatch }),
  };
  const id = rest.id ?? '';
  switch (operationType) {
    case 'Create':
      return createItem(transaction, input);
    case 'Upsert':
      return upsertItem(transaction, input, conditions);
    case 'Replace':
      return replaceItem(transaction, { id, input, conditions });
    case 'Delete':
      return deleteItem(transaction, id, conditions);
    case 'Read':
      return readItem(transaction, id, conditions);
    case 'Patch':
      return patchItem(transaction, { id, input, conditions });
    default:
      return operationType satisfies never;
  }
};

const toResponse = ({ status, charge, etag, body }: ItemResult): OperationResponse => ({
  statusCode: status,
  requestCharge: charge,
  ...(etag === undefined ? {} : { eTag: etag }),
  ...(body === undefined ? {} : { resourceBody: body }),
});

const attempt = (transaction: Transaction, one: BatchOperation): OperationResponse => {
  try {
    return toResponse(run(transaction, one));
  } catch (error) {
    if (!(error instanceof CosmosError)) throw error;
    return { statusCode: error.status, requestCharge: failedCharge, message: error.message };
  }
};

const isSuccess = ({ statusCode }: OperationResponse): boolean => statusCode < 300;

/**
 * Runs a transactional batch. When one operation fails, the transaction must not be committed: the answer has its
 * status, and 424 for every other operation.
 */
export const runBatch = (
  transaction: Transaction,
  operations: readonly BatchOperation[],
): { readonly isCommitted: boolean; readonly responses: readonly OperationResponse[] } => {
  const responses: OperationResponse[] = [];
  for (const [index, one] of operations.entries()) {
    const response = attempt(transaction, one);
    if (!isSuccess(response)) {
      const skipped = { statusCode: FAILED_DEPENDENCY, requestCharge: 0 };
      return { isCommitted: false, responses: operations.map((_, other) => (other === index ? response : skipped)) };
    }
    responses.push(response);
  }
  return { isCommitted: true, responses };
};

/** Runs bulk operations, each on its own: one that fails takes no other with it. */
export const runBulk = (
  operations: readonly BatchOperation[],
  {
    container,
    now,
    keyOf,
    commit,
  }: {
    container: Container;
    now: EpochMs;
    keyOf: (one: BatchOperation) => PartitionKey;
    commit: (transaction: Transaction) => void;
  },
): readonly OperationResponse[] =>
  operations.map((one) => {
    const transaction = new Transaction(container, keyOf(one), now);
    const response = attempt(transaction, one);
    if (isSuccess(response)) commit(transaction);
    return response;
  });
