import type { Node } from 'web-tree-sitter';
import type { Scope } from './evaluate.ts';

export type Primitive = 'string' | 'int' | 'bool' | 'array' | 'object';

const RETURNS: Readonly<Record<string, Primitive>> = {
  concat: 'string',
  empty: 'bool',
  contains: 'bool',
  format: 'string',
  guid: 'string',
  length: 'int',
  resourceId: 'string',
  split: 'array',
  subscriptionResourceId: 'string',
  toLower: 'string',
  toUpper: 'string',
  uniqueString: 'string',
};

const PARAMETER_TYPES: ReadonlySet<string> = new Set(['string', 'int', 'bool', 'array', 'object']);
const isPrimitive = (type: string | undefined): type is Primitive => type !== undefined && PARAMETER_TYPES.has(type);

/** What kind of value an expression gives, undefined where that cannot be told without a compiler. */
export const inferPrimitive = (node: Node, scope: Scope): Primitive | undefined => {
  switch (node.type) {
    case 'string':
      return 'string';
    case 'number':
      return 'int';
    case 'boolean':
    case 'unary_expression':
      return node.text.startsWith('-') ? 'int' : 'bool';
    case 'array':
    case 'for_statement':
      return 'array';
    case 'object':
      return 'object';
    case 'call_expression':
      return RETURNS[node.childForFieldName('function')?.text ?? ''];
    case 'identifier':
      return inferName(node.text, scope);
    default:
      return undefined;
  }
};

const inferName = (name: string, scope: Scope): Primitive | undefined => {
  if (scope.loops.has(name)) return undefined;
  const declared = scope.file.declarations.find((each) => each.name === name);
  if (declared?.kind === 'param') return isPrimitive(declared.type) ? declared.type : undefined;
  return declared?.kind === 'var' && declared.value !== undefined ? inferPrimitive(declared.value, scope) : undefined;
};
