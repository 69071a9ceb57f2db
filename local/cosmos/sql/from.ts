import { badRequest } from '../cosmos-error.ts';
import type { Json, JsonObject } from '../json.ts';
import type { CollectionExpression, FromSource, SelectQuery } from './ast.ts';
import type { CompileContext, Row } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import type { Value } from './values.ts';

/** What a row source makes of the rows before it. */
type Expand = (row: Row) => readonly Row[];

/** The rows of one document; without a document (in a subquery) those of the outer row. */
export type RowsOf = (row: Row, document?: JsonObject) => readonly Row[];

const ROOT = '$document';

const rootName = (node: CollectionExpression): string => {
  if (node.type === 'collection_expression') return node.expression.name;
  if (node.type === 'collection_member_expression') return rootName(node.object);
  throw badRequest('A subquery in FROM needs an alias.');
};

const lastName = (node: CollectionExpression): string | undefined => {
  if (node.type === 'collection_expression') return node.expression.name;
  if (node.type === 'collection_subquery_expression') return undefined;
  return 'name' in node.property ? (node.property.name as string) : undefined;
};

const evaluateCollection = (node: CollectionExpression, context: CompileContext): ((row: Row) => Value) => {
  if (node.type === 'collection_expression') {
    const { name } = node.expression;
    return (row) => (Object.hasOwn(row, name) ? row[name] : row[ROOT]);
  }
  if (node.type === 'collection_subquery_expression') {
    const run = context.subquery(node.expression);
    return (row) => run(row);
  }
  const object = evaluateCollection(node.object, context);
  const member = compileExpression(
    {
      type: 'scalar_member_expression',
      object: { type: 'identifier', name: '$object' },
      property: node.property,
      computed: node.computed,
    },
    context,
  );
  return (row) => member({ ...row, $object: object(row) }, []);
};

const expandSource = ({ expression, alias, iteration }: FromSource, context: CompileContext): Expand => {
  const evaluate = evaluateCollection(expression, context);
  const name = alias?.name ?? lastName(expression) ?? rootName(expression);
  const isMany = iteration === true || expression.type === 'collection_subquery_expression';
  const withoutFlag = iteration === true && expression.type === 'collection_subquery_expression';
  return (row) => {
    const value = evaluate(row);
    if (value === undefined) return [];
    if (!isMany) return [{ ...row, [name]: value }];
    const list = withoutFlag ? (value as readonly Json[])[0] : value;
    return Array.isArray(list) ? (list as readonly Json[]).map((element) => ({ ...row, [name]: element })) : [];
  };
};

/** FROM and its JOINs as one function; without FROM there is one row with no aliases. */
export const compileFrom = (from: SelectQuery['from'], context: CompileContext): RowsOf => {
  if (!from) return (row) => [row];
  const sources = [from.source, ...(from.joins ?? [])].map((source) => expandSource(source, context));
  return (row, document) => {
    let rows: readonly Row[] = [document === undefined ? row : { ...row, [ROOT]: document }];
    for (const expand of sources) rows = rows.flatMap(expand);
    return rows;
  };
};

/** The alias that `SELECT *` stands for. @throws CosmosError 400 when there is not exactly one source */
export const starAlias = (from: SelectQuery['from']): string => {
  if (!from || (from.joins ?? []).length > 0) throw badRequest("'SELECT *' is only valid with a single input set.");
  return from.source.alias?.name ?? lastName(from.source.expression) ?? rootName(from.source.expression);
};
