import type { JSONValue, SqlParameter, SqlQuerySpec } from '@azure/cosmos';
import type { Query, Where } from '../../platform/documents.ts';
import { SlipwayError } from '../../platform/errors.ts';

const PROPERTY = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** In brackets, because a property may be called like a keyword. Dots step into objects. */
const property = (path: string): string => {
  if (PROPERTY.test(path)) return `c["${path.replaceAll('.', '"]["')}"]`;
  throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${path}' is not a property that can be queried`);
};

/** `_` and sets in brackets are special for the service; a set of one character is that character. */
const likePattern = (pattern: string): string => pattern.replace(/[_[]/g, '[$&]');

/** A condition in SQL. Values become parameters, so nothing from outside is ever part of the text. */
const condition = ({ path, op, value }: Where, bind: (value: JSONValue) => string): string => {
  const left = property(path);
  switch (op) {
    case 'startsWith':
      return `STARTSWITH(${left}, ${bind(String(value))})`;
    case 'like':
      return `${left} LIKE ${bind(likePattern(String(value)))}`;
    case 'ilike':
      return `LOWER(${left}) LIKE ${bind(likePattern(String(value).toLowerCase()))}`;
    case 'contains':
      return `ARRAY_CONTAINS(${left}, ${bind(value as JSONValue)}, true)`;
    case 'lacks':
      return `NOT ARRAY_CONTAINS(${left}, ${bind(value as JSONValue)}, true)`;
    case 'in': {
      const options = Array.isArray(value) ? value.map((option: string) => bind(option)) : [];
      return options.length === 0 ? 'false' : `${left} IN (${options.join(', ')})`;
    }
    default:
      return `${left} ${op} ${bind(value as JSONValue)}`;
  }
};

/** @throws SlipwayError INVALID_PARAMETER_VALUE for a property name that is no plain identifier */
export const toSql = ({ kind, where = [], orderBy }: Query): SqlQuerySpec => {
  const parameters: SqlParameter[] = [];
  const bind = (value: JSONValue): string => {
    const name = `@p${parameters.length}`;
    parameters.push({ name, value });
    return name;
  };
  const conditions = [`c["kind"] = ${bind(kind)}`, ...where.map((one) => condition(one, bind))];
  const order = orderBy === undefined ? '' : ` ORDER BY ${property(orderBy.path)} ${orderBy.direction.toUpperCase()}`;
  return { query: `SELECT * FROM c WHERE ${conditions.join(' AND ')}${order}`, parameters };
};
