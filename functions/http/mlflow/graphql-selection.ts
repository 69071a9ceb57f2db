import { SlipwayError } from '../../../shared/platform/errors.ts';

/** A field that a query asks for, under the name that it wants it to have, with what it asks of it. */
export interface Selected {
  readonly name: string;
  readonly as: string;
  readonly fields: readonly Selected[];
}

/** Deeper than any page of a browser asks. */
const MAX_DEPTH = 20;

const TOKENS = /"(?:[^"\\]|\\.)*"|\.\.\.|[A-Za-z_]\w*|[^\s\w,]/g;

/**
 * What a GraphQL query selects. Arguments and directives are passed over, for the variables say all that there is to say.
 *
 * @throws SlipwayError BAD_REQUEST for fragments, and for what is no query
 */
export const selectionOf = (query: string): readonly Selected[] => {
  const tokens = query.match(TOKENS) ?? [];
  const begin = after(tokens, 0, '{');
  return fieldsFrom(tokens, begin, 0).fields;
};

const fieldsFrom = (
  tokens: readonly string[],
  from: number,
  depth: number,
): { readonly fields: readonly Selected[]; readonly next: number } => {
  if (depth > MAX_DEPTH) throw notRead('it is too deep');
  const fields: Selected[] = [];
  let at = from;
  while (tokens[at] !== '}') {
    const as = nameAt(tokens, at);
    const renamed = tokens[at + 1] === ':';
    const name = renamed ? nameAt(tokens, at + 2) : as;
    at = afterExtras(tokens, at + (renamed ? 3 : 1));
    const below = tokens[at] === '{' ? fieldsFrom(tokens, at + 1, depth + 1) : { fields: [], next: at };
    fields.push({ name, as, fields: below.fields });
    at = below.next;
  }
  return { fields, next: at + 1 };
};

const nameAt = (tokens: readonly string[], at: number): string => {
  const token = tokens[at];
  if (token === '...') throw notRead('fragments are not served');
  if (token === undefined || !/^[A-Za-z_]\w*$/.test(token)) throw notRead(`'${token ?? ''}' is no name of a field`);
  return token;
};

/** Behind arguments in parentheses and behind directives. */
const afterExtras = (tokens: readonly string[], from: number): number => {
  let at = from;
  for (;;) {
    if (tokens[at] === '@') at += 2;
    else if (tokens[at] === '(') at = after(tokens, at, ')');
    else return at;
  }
};

/** Behind the next token like this one that is in no further parentheses. */
const after = (tokens: readonly string[], from: number, wanted: '{' | ')'): number => {
  let open = 0;
  for (let at = from; at < tokens.length; at += 1) {
    if (tokens[at] === '(') open += 1;
    if (tokens[at] === ')') open -= 1;
    if (tokens[at] === wanted && open === 0) return at + 1;
  }
  throw notRead(`'${wanted}' is missing`);
};

const notRead = (why: string): SlipwayError =>
  new SlipwayError('BAD_REQUEST', `the GraphQL query cannot be read: ${why}`);

/**
 * Of a value on MLflow's wire exactly what is selected: names in camel case, null for what is not there, and texts for
 * integers, which JavaScript could not hold; only a metric's value stays a number.
 */
export const project = (value: unknown, fields: readonly Selected[], type: string): unknown => {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => project(item, fields, type));
  if (typeof value !== 'object') return value;
  const entries = fields.map(({ name, as, fields: below }) => {
    if (name === '__typename') return [as, type];
    const wire = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const found = Object.hasOwn(value, wire) ? (value as Record<string, unknown>)[wire] : undefined;
    const kept = Number.isInteger(found) && name !== 'value' ? String(found) : found;
    return [as, project(kept, below, `Mlflow${name.charAt(0).toUpperCase()}${name.slice(1)}`)];
  });
  return Object.fromEntries(entries);
};
