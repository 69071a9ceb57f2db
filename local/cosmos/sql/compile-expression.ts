import { badRequest } from '../cosmos-error.ts';
import { isJsonObject, type Json } from '../json.ts';
import { aggregate, aggregateName } from './aggregates.ts';
import type { Expression, FunctionExpression, MemberExpression, ObjectEntry, SubqueryType } from './ast.ts';
import type { CompileContext, Evaluate } from './compile-context.ts';
import { sqlFunction } from './functions.ts';
import { and, binary, or, unary, type Value } from './values.ts';

const constant =
  (value: Value): Evaluate =>
  () =>
    value;

const memberOf = (object: Value, property: Value): Value => {
  if (Array.isArray(object)) return typeof property === 'number' ? (object as readonly Json[])[property] : undefined;
  if (!isJsonObject(object) || typeof property !== 'string') return undefined;
  return Object.hasOwn(object, property) ? object[property] : undefined;
};

const compileMember = ({ object, property, computed }: MemberExpression, context: CompileContext): Evaluate => {
  const holder = compileExpression(object, context);
  if (!computed) {
    const { name } = property as { name: string };
    return (row, group) => memberOf(holder(row, group), name);
  }
  const name = compileExpression(property, context);
  return (row, group) => memberOf(holder(row, group), name(row, group));
};

const compileList = (elements: readonly Expression[], context: CompileContext): Evaluate => {
  const compiled = elements.map((element) => compileExpression(element, context));
  return (row, group) =>
    compiled.map((evaluate) => evaluate(row, group)).filter((value): value is Json => value !== undefined);
};

const compileObject = (properties: readonly ObjectEntry[], context: CompileContext): Evaluate => {
  const compiled = properties.map(({ key, value }) => {
    return [key.name ?? key.value ?? '', compileExpression(value, context)] as const;
  });
  return (row, group) =>
    Object.fromEntries(
      compiled
        .map(([name, evaluate]) => [name, evaluate(row, group)] as const)
        .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
    );
};

const compileCall = (node: FunctionExpression, context: CompileContext): Evaluate => {
  const args = node.arguments.map((argument) => compileExpression(argument, context));
  const name = aggregateName(node);
  const [first] = args;
  if (name !== undefined && first !== undefined) {
    return (_row, group) =>
      aggregate(
        name,
        group.map((member) => first(member, [])),
      );
  }
  if (node.udf) throw badRequest(`The user-defined function '${node.name.name}' does not exist.`);
  const call = sqlFunction(node.name.name);
  return (row, group) => call(...args.map((argument) => argument(row, group)));
};

const compileBinary = (
  { left, operator, right }: Extract<Expression, { type: 'scalar_binary_expression' }>,
  context: CompileContext,
): Evaluate => {
  const first = compileExpression(left, context);
  const second = compileExpression(right, context);
  switch (operator.toUpperCase()) {
    case 'AND':
      return (row, group) => {
        const value = first(row, group);
        return value === false ? false : and(value, second(row, group));
      };
    case 'OR':
      return (row, group) => {
        const value = first(row, group);
        return value === true ? true : or(value, second(row, group));
      };
    case '??':
      return (row, group) => first(row, group) ?? second(row, group);
    default:
      return (row, group) => binary(operator, first(row, group), second(row, group));
  }
};

const compileIn = (
  { value, list }: Extract<Expression, { type: 'scalar_in_expression' }>,
  context: CompileContext,
): Evaluate => {
  const needle = compileExpression(value, context);
  const options = list.map((option) => compileExpression(option, context));
  return (row, group) => {
    const wanted = needle(row, group);
    if (wanted === undefined) return undefined;
    return options.some((option) => binary('=', wanted, option(row, group)) === true);
  };
};

const compileBetween = (
  { value, begin, end }: Extract<Expression, { type: 'scalar_between_expression' }>,
  context: CompileContext,
): Evaluate => {
  const middle = compileExpression(value, context);
  const low = compileExpression(begin, context);
  const high = compileExpression(end, context);
  return (row, group) => {
    const found = middle(row, group);
    return and(binary('>=', found, low(row, group)), binary('<=', found, high(row, group)));
  };
};

const compileSubquery = (
  { type, expression }: Extract<Expression, { type: SubqueryType }>,
  context: CompileContext,
): Evaluate => {
  const run = context.subquery(expression);
  if (type === 'exists_subquery_expression') return (row) => run(row).length > 0;
  if (type === 'array_subquery_expression') return (row) => run(row);
  return (row) => run(row)[0];
};

const compileUnary = (
  { operator, argument }: Extract<Expression, { type: 'scalar_unary_expression' }>,
  context: CompileContext,
): Evaluate => {
  const value = compileExpression(argument, context);
  return (row, group) => unary(operator.toUpperCase(), value(row, group));
};

const compileConditional = (
  node: Extract<Expression, { type: 'scalar_conditional_expression' }>,
  context: CompileContext,
): Evaluate => {
  const test = compileExpression(node.test, context);
  const consequent = compileExpression(node.consequent, context);
  const alternate = compileExpression(node.alternate, context);
  return (row, group) => (test(row, group) === true ? consequent(row, group) : alternate(row, group));
};

type Compound = Extract<
  Expression,
  {
    type:
      | `scalar_${'member' | 'binary' | 'unary' | 'in' | 'between' | 'conditional' | 'function'}_expression`
      | SubqueryType;
  }
>;

const compileCompound = (node: Compound, context: CompileContext): Evaluate => {
  switch (node.type) {
    case 'scalar_member_expression':
      return compileMember(node, context);
    case 'scalar_binary_expression':
      return compileBinary(node, context);
    case 'scalar_unary_expression':
      return compileUnary(node, context);
    case 'scalar_in_expression':
      return compileIn(node, context);
    case 'scalar_between_expression':
      return compileBetween(node, context);
    case 'scalar_conditional_expression':
      return compileConditional(node, context);
    case 'scalar_function_expression':
      return compileCall(node, context);
    default:
      return compileSubquery(node, context);
  }
};

/**
 * An expression as a function of a row, and of the rows of its group when it has aggregates.
 *
 * @throws CosmosError 400 for an unknown function
 */
export const compileExpression = (node: Expression, context: CompileContext): Evaluate => {
  switch (node.type) {
    case 'identifier':
      return node.name === 'undefined' ? constant(undefined) : (row) => row[node.name];
    case 'parameter_name':
      return constant(context.parameters.get(node.name));
    case 'string_constant':
    case 'number_constant':
    case 'boolean_constant':
      return constant(node.value);
    case 'null_constant':
      return constant(null);
    case 'undefined_constant':
      return constant(undefined);
    case 'array_constant':
    case 'scalar_array_expression':
      return compileList(node.elements, context);
    case 'object_constant':
    case 'scalar_object_expression':
      return compileObject(node.properties, context);
    default:
      return compileCompound(node, context);
  }
};
