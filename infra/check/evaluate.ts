import { posix } from 'node:path';
import type { Node } from 'web-tree-sitter';
import { type BicepFile, plainText, propertiesOf } from './parse.ts';

export type Sources = ReadonlyMap<string, string>;

/** What a name stands for: every value it may have, where that is known offline. */
export type Known = readonly unknown[] | undefined;

export interface Scope {
  readonly file: BicepFile;
  readonly sources: Sources;
  readonly loops: ReadonlyMap<string, Known>;
}

/** Every value an expression may have; undefined when it depends on the deployment. */
export const evaluate = (node: Node, scope: Scope): Known => {
  if (node.type === 'string') return wrap(plainText(node));
  if (node.type === 'number') return [Number(node.text)];
  if (node.type === 'boolean') return [node.text === 'true'];
  if (node.type === 'identifier') return evaluateName(node.text, scope);
  if (node.type === 'member_expression') return evaluateMember(node, scope);
  if (node.type === 'array') return evaluateArray(node, scope);
  if (node.type === 'object') return evaluateObject(node, scope);
  if (node.type === 'call_expression') return evaluateCall(node, scope);
  return undefined;
};

const wrap = (value: unknown): Known => (value === undefined ? undefined : [value]);

const evaluateName = (name: string, scope: Scope): Known => {
  if (scope.loops.has(name)) return scope.loops.get(name);
  const declared = scope.file.declarations.find((each) => each.kind === 'var' && each.name === name);
  return declared?.value === undefined ? undefined : evaluate(declared.value, { ...scope, loops: new Map() });
};

const evaluateMember = (node: Node, scope: Scope): Known => {
  const object = node.childForFieldName('object');
  const key = node.childForFieldName('property')?.text ?? '';
  const owners = object === null ? undefined : evaluate(object, scope);
  return owners?.map((owner) =>
    typeof owner === 'object' && owner !== null ? (owner as Record<string, unknown>)[key] : undefined,
  );
};

const evaluateArray = (node: Node, scope: Scope): Known => {
  const items = node.namedChildren.filter((child) => child.type !== 'comment').map((child) => evaluate(child, scope));
  return items.some((item) => item?.length !== 1) ? undefined : [items.map((item) => item?.[0])];
};

const evaluateObject = (node: Node, scope: Scope): Known => {
  const entries = propertiesOf(node).map((each) => [each.key, evaluate(each.value, scope)] as const);
  return entries.some(([key, value]) => key === undefined || value?.length !== 1)
    ? undefined
    : [Object.fromEntries(entries.map(([key, value]) => [key, value?.[0]]))];
};

const evaluateCall = (node: Node, scope: Scope): Known => {
  const argument = plainText(node.childForFieldName('arguments')?.namedChildren[0]);
  if (node.childForFieldName('function')?.text !== 'loadJsonContent' || argument === undefined) return undefined;
  const text = scope.sources.get(resolvePath(scope.file.path, argument));
  return text === undefined ? undefined : [JSON.parse(text)];
};

/** A path that a file names, relative to the folder that is checked. */
export const resolvePath = (from: string, path: string): string =>
  posix.normalize(posix.join(posix.dirname(from), path));

/** The scope inside a loop: its variable is any of the items. */
export const loopScope = (loop: Node | undefined, scope: Scope): Scope => {
  const name = loop?.childForFieldName('initializer')?.text;
  const list = loop?.namedChildren.find((child, index) => index > 0 && child.type !== 'loop_variable');
  if (name === undefined || list === undefined) return scope;
  const lists = evaluate(list, scope);
  const items = lists?.every(Array.isArray) ? (lists as readonly unknown[][]).flat() : undefined;
  return { ...scope, loops: new Map([...scope.loops, [name, items]]) };
};
