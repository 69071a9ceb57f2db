import { badRequest, notFound, preconditionFailed } from '../cosmos-error.ts';
import type { JsonObject } from '../json.ts';
import { createCharge, deleteCharge, readCharge, replaceCharge } from '../request-charge.ts';
import { assertAbsent, type Transaction } from '../storage/transaction.ts';
import { applyPatch, parsePatch } from './apply-patch.ts';
import type { Conditions, ItemResult } from './item-result.ts';
import { matchesCondition } from './patch-condition.ts';
import { validateItem } from './validate-item.ts';

const sizeOf = (body: JsonObject): number => Buffer.byteLength(JSON.stringify(body));

const etagOf = (body: JsonObject): string => String(body['_etag']);

const assertMatch = (body: JsonObject, { ifMatch }: Conditions): void => {
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etagOf(body)) throw preconditionFailed();
};

const existing = (transaction: Transaction, id: string): JsonObject => {
  const body = transaction.read(id);
  if (body === undefined) throw notFound();
  return body;
};

const validated = (transaction: Transaction, body: unknown): ReturnType<typeof validateItem> =>
  validateItem(body, transaction.key, transaction.container.definition.partitionKey);

/** @throws CosmosError 404 when there is no such item */
export const readItem = (transaction: Transaction, id: string, { ifNoneMatch }: Conditions = {}): ItemResult => {
  const body = existing(transaction, id);
  const etag = etagOf(body);
  if (ifNoneMatch === etag) return { status: 304, etag, charge: readCharge(0) };
  return { status: 200, body, etag, charge: readCharge(sizeOf(body)) };
};

/** @throws CosmosError 409 when the id or a unique key is taken */
export const createItem = (transaction: Transaction, input: unknown): ItemResult => {
  const { id, document } = validated(transaction, input);
  assertAbsent(transaction, id);
  const body = transaction.put(id, document);
  return { status: 201, body, etag: etagOf(body), charge: createCharge(sizeOf(body)) };
};

/** Creates or replaces. The condition counts only when there is something to replace. */
export const upsertItem = (transaction: Transaction, input: unknown, conditions: Conditions = {}): ItemResult => {
  const { id, document } = validated(transaction, input);
  const before = transaction.read(id);
  if (before === undefined) return createItem(transaction, document);
  assertMatch(before, conditions);
  const body = transaction.put(id, document);
  return { status: 200, body, etag: etagOf(body), charge: replaceCharge(sizeOf(body)) };
};

/** @throws CosmosError 404 when it is gone, 412 when it is another version than demanded */
export const replaceItem = (
  transaction: Transaction,
  { id, input, conditions = {} }: { id: string; input: unknown; conditions?: Conditions },
): ItemResult => {
  const { id: inputId, document } = validated(transaction, input);
  if (inputId !== id) throw badRequest('Replacing one item with another of a different id is not supported.');
  assertMatch(existing(transaction, id), conditions);
  const body = transaction.put(id, document);
  return { status: 200, body, etag: etagOf(body), charge: replaceCharge(sizeOf(body)) };
};

/** @throws CosmosError 404 when it is gone, 412 when it is another version than demanded */
export const deleteItem = (transaction: Transaction, id: string, conditions: Conditions = {}): ItemResult => {
  const body = existing(transaction, id);
  assertMatch(body, conditions);
  transaction.remove(id);
  return { status: 204, charge: deleteCharge(sizeOf(body)) };
};

/** @throws CosmosError 404 when it is gone, 412 for a condition that does not hold, 400 for a patch that cannot apply */
export const patchItem = (
  transaction: Transaction,
  { id, input, conditions = {} }: { id: string; input: unknown; conditions?: Conditions },
): ItemResult => {
  const patch = parsePatch(input);
  const before = existing(transaction, id);
  assertMatch(before, conditions);
  if (patch.condition !== undefined && !matchesCondition(patch.condition, before)) throw preconditionFailed();
  const { id: patchedId, document } = validated(transaction, applyPatch(before, patch.operations));
  if (patchedId !== id) throw badRequest('The id of an item cannot be patched.');
  const body = transaction.put(id, document);
  return { status: 200, body, etag: etagOf(body), charge: replaceCharge(sizeOf(body)) };
};
