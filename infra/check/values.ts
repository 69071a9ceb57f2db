import type { Node } from 'web-tree-sitter';
import type { ResourceType, Shape, VariantShape } from './catalogue.ts';
import { evaluate, loopScope, type Scope } from './evaluate.ts';
import { inferPrimitive } from './infer.ts';
import { checkJson } from './json.ts';
import { bodyOf, plainText, propertiesOf, valueAt } from './parse.ts';

export interface ValueContext {
  readonly resource: ResourceType;
  readonly scope: Scope;
  readonly report: (rule: string, node: Node, message: string) => void;
}

/** Checks an expression against a type expression such as `Sku`, `Rule[]` or `A | B | string`. */
const checkValue = (node: Node, type: string, context: ValueContext): void => {
  switch (node.type) {
    case 'parenthesized_expression': {
      const [inner] = node.namedChildren;
      if (inner !== undefined) checkValue(inner, type, context);
      return;
    }
    case 'ternary_expression': {
      for (const field of ['consequence', 'alternative']) {
        const branch = node.childForFieldName(field);
        if (branch !== null) checkValue(branch, type, context);
      }
      return;
    }
    case 'array':
      checkItems(node, type, context);
      return;
    case 'for_statement':
      checkLoop(node, type, context);
      return;
    case 'object':
      checkObject(node, type, context);
      return;
    default:
      checkScalar(node, type, context);
  }
};

/** The item type of `T[]`, undefined when the type is no list. `any` stays itself. */
const itemType = (type: string): string | undefined =>
  type === 'any' ? 'any' : type.endsWith('[]') ? type.slice(0, -2) : undefined;

const checkItems = (node: Node, type: string, context: ValueContext): void => {
  const item = itemType(type);
  if (item === undefined) {
    context.report('wrong-type', node, `a list where ${type} is wanted`);
    return;
  }
  for (const child of node.namedChildren) if (child.type !== 'comment') checkValue(child, item, context);
};

const checkLoop = (node: Node, type: string, context: ValueContext): void => {
  const item = itemType(type);
  const body = bodyOf(node);
  if (item === undefined) context.report('wrong-type', node, `a list where ${type} is wanted`);
  else if (body !== undefined) checkValue(body, item, { ...context, scope: loopScope(node, context.scope) });
};

const checkScalar = (node: Node, type: string, context: ValueContext): void => {
  const known = evaluate(node, context.scope);
  if (known !== undefined) {
    for (const value of known) {
      for (const problem of checkJson(value, type, context.resource))
        context.report(problem.rule, node, problem.message);
    }
    return;
  }
  const inferred = inferPrimitive(node, context.scope);
  if (inferred !== undefined && !accepts(type, inferred, context.resource)) {
    context.report('wrong-type', node, `${inferred} where ${type} is wanted`);
  }
};

const accepts = (type: string, given: string, resource: ResourceType): boolean =>
  type.split(' | ').some((part) => {
    if (part === 'any' || part === given) return true;
    if (part.endsWith('[]')) return given === 'array';
    if (part in resource.types) return given === 'object';
    const isLiteral = !['string', 'int', 'bool'].includes(part);
    return isLiteral && given === 'string';
  });

const checkObject = (node: Node, type: string, context: ValueContext): void => {
  if (type === 'any' || type === 'object') return;
  const shape = type
    .split(' | ')
    .map((part) => context.resource.types[part])
    .find((found) => found !== undefined);
  if (shape === undefined) context.report('wrong-type', node, `an object where ${type} is wanted`);
  else checkShape(node, shape, context);
};

/** Checks the properties of an object: unknown, read-only, missing, and the value of each. */
export const checkShape = (
  node: Node,
  declared: VariantShape,
  context: ValueContext,
  ignored: readonly string[] = [],
): void => {
  const shape = chooseVariant(node, declared, context);
  const present = new Set<string>();
  for (const { key, value, node: property } of propertiesOf(node)) {
    const expected = key === undefined ? shape.additional : (shape.properties[key] ?? shape.additional);
    if (key !== undefined) present.add(key);
    if (key !== undefined && ignored.includes(key)) continue;
    if (expected !== undefined) checkValue(value, expected, context);
    else if (key !== undefined && shape.readOnly.includes(key)) {
      context.report('read-only-property', property, `'${key}' is set by Azure`);
    } else context.report('unknown-property', property, `no property '${key ?? 'with a computed name'}'`);
  }
  for (const name of shape.required) {
    if (!present.has(name)) context.report('missing-property', node, `'${name}' is missing`);
  }
};

const chooseVariant = (node: Node, declared: VariantShape, context: ValueContext): Shape => {
  const { discriminator, variants } = declared;
  if (discriminator === undefined) return declared;
  const picked = valueAt(node, [discriminator]);
  const literal = plainText(picked);
  const variant = literal === undefined ? undefined : variants[literal];
  if (picked === undefined) context.report('missing-property', node, `'${discriminator}' is missing`);
  else if (variant === undefined) {
    context.report('unknown-variant', picked, `${picked.text} is none of ${Object.keys(variants).join(', ')}`);
  }
  // Without a variant nothing else can be said about the object.
  if (variant === undefined) return { properties: {}, required: [], readOnly: [], additional: 'any' };
  return {
    ...variant,
    properties: { ...declared.properties, ...variant.properties },
    required: [...declared.required, ...variant.required],
    readOnly: [...declared.readOnly, ...variant.readOnly],
  };
};
