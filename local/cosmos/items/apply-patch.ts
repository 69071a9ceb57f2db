import * as z from 'zod';
import { badRequest } from '../cosmos-error.ts';
import type { JsonObject } from '../json.ts';

const MAX_OPERATIONS = 10;

const path = z.string().startsWith('/').min(2);
const value = z.json();
const patchOperation = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), path, value }),
  z.object({ op: z.literal('set'), path, value }),
  z.object({ op: z.literal('replace'), path, value }),
  z.object({ op: z.literal('remove'), path }),
  z.object({ op: z.literal('incr'), path, value: z.number() }),
  z.object({ op: z.literal('move'), path, from: path }),
]);

export type PatchOperation = z.infer<typeof patchOperation>;

const operations = z.array(patchOperation).min(1).max(MAX_OPERATIONS);
const patchBody = z.union([
  operations.transform((list) => ({ operations: list, condition: undefined })),
  z.object({ operations, condition: z.string().optional() }),
]);

export interface Patch {
  readonly operations: readonly PatchOperation[];
  readonly condition?: string | undefined;
}

/** @throws CosmosError 400 for an unknown operation, a bad path or more than ten operations */
export const parsePatch = (body: unknown): Patch => {
  const parsed = patchBody.safeParse(body);
  if (!parsed.success) throw badRequest(`The patch is not valid: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

type Holder = Record<string, unknown> | unknown[];

/** JSON Pointer steps (RFC 6901). */
const stepsOf = (pointer: string): string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

const indexIn = (list: readonly unknown[], step: string, limit: number): number => {
  const index = step === '-' ? list.length : Number(step);
  if (!/^(-|\d+)$/.test(step) || index > limit) throw badRequest(`Array index '${step}' is out of range.`);
  return index;
};

const childOf = (holder: Holder, step: string): unknown =>
  Array.isArray(holder)
    ? holder[indexIn(holder, step, holder.length - 1)]
    : Object.hasOwn(holder, step)
      ? holder[step]
      : undefined;

const holderOf = (root: Holder, pointer: string): { readonly holder: Holder; readonly step: string } => {
  const steps = stepsOf(pointer);
  const step = steps.pop() ?? '';
  let holder: unknown = root;
  for (const next of steps) holder = holder === undefined ? undefined : childOf(holder as Holder, next);
  if (typeof holder !== 'object' || holder === null)
    throw badRequest(`The path '${pointer}' does not exist in the document.`);
  return { holder: holder as Holder, step };
};

const assign = (holder: Holder, step: string, next: unknown, { inserting }: { inserting: boolean }): void => {
  if (!Array.isArray(holder)) {
    // Not an assignment: a property called __proto__ must become a property.
    Object.defineProperty(holder, step, { value: next, enumerable: true, configurable: true, writable: true });
    return;
  }
  const index = indexIn(holder, step, holder.length);
  if (inserting || index === holder.length) holder.splice(index, 0, next);
  else holder[index] = next;
};

const existingAt = (root: Holder, pointer: string): unknown => {
  const { holder, step } = holderOf(root, pointer);
  const found = childOf(holder, step);
  if (found === undefined) throw badRequest(`The path '${pointer}' does not exist in the document.`);
  return found;
};

const removeAt = (root: Holder, pointer: string): void => {
  existingAt(root, pointer);
  const { holder, step } = holderOf(root, pointer);
  if (Array.isArray(holder)) holder.splice(indexIn(holder, step, holder.length - 1), 1);
  else delete holder[step];
};

const increment = (root: Holder, pointer: string, by: number): void => {
  const { holder, step } = holderOf(root, pointer);
  const before = childOf(holder, step) ?? 0;
  if (typeof before !== 'number') throw badRequest(`The value at '${pointer}' is not a number.`);
  assign(holder, step, before + by, { inserting: false });
};

const put = (root: Holder, pointer: string, next: unknown, inserting: boolean): void => {
  const { holder, step } = holderOf(root, pointer);
  assign(holder, step, next, { inserting });
};

const applyOne = (root: Holder, operation: PatchOperation): void => {
  switch (operation.op) {
    case 'add':
      put(root, operation.path, operation.value, true);
      break;
    case 'set':
      put(root, operation.path, operation.value, false);
      break;
    case 'replace':
      existingAt(root, operation.path);
      put(root, operation.path, operation.value, false);
      break;
    case 'remove':
      removeAt(root, operation.path);
      break;
    case 'incr':
      increment(root, operation.path, operation.value);
      break;
    case 'move': {
      const moved = existingAt(root, operation.from);
      removeAt(root, operation.from);
      put(root, operation.path, moved, true);
      break;
    }
    default:
      operation satisfies never;
  }
};

/**
 * A copy of the document with the operations applied in order.
 *
 * @throws CosmosError 400 when a path does not exist, or holds no number to increment
 */
export const applyPatch = (document: JsonObject, list: readonly PatchOperation[]): JsonObject => {
  const copy = structuredClone(document) as Record<string, unknown>;
  for (const operation of list) applyOne(copy, structuredClone(operation));
  return copy as JsonObject;
};
