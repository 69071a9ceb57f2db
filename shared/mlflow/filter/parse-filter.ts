import { invalid } from '../invalid.ts';
import { checkClause, type RawClause, type RawValue } from './check-clause.ts';
import type { Clause, FilterSchema } from './clause.ts';
import { type Token, tokensOf } from './tokens.ts';

/**
 * The clauses of a filter such as `name LIKE 'heart%' AND tags.team = 'cardio'`; none for a blank one.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE in MLflow's words
 */
export const parseFilter = (filter: string, schema: FilterSchema): readonly Clause[] => {
  const tokens = tokensOf(filter);
  const clauses: Clause[] = [];
  let at = 0;
  while (at < tokens.length) {
    const { raw, next } = readClause(tokens, at) ?? refuse(filter);
    if (raw.value.kind === 'none' && schema.absence !== true) refuse(filter);
    clauses.push(checkClause(raw, schema));
    at = next;
    if (at >= tokens.length) break;
    if (!is(tokens[at], 'keyword', 'AND')) refuse(filter);
    // An AND with nothing behind it is tolerated.
    at += 1;
  }
  return clauses;
};

const refuse = (filter: string): never => {
  throw invalid(`Invalid clause(s) in filter string: '${filter}'`);
};

const readClause = (tokens: readonly Token[], at: number): { raw: RawClause; next: number } | undefined => {
  const left = tokens[at];
  if (left?.kind !== 'identifier') return undefined;
  const absence = readAbsence(tokens, at + 1);
  if (absence !== undefined) {
    const { kind: _, ...identifier } = left;
    return { raw: { ...identifier, operator: absence.operator, value: { kind: 'none' } }, next: absence.next };
  }
  const negated = is(tokens[at + 1], 'keyword', 'NOT') && is(tokens[at + 2], 'operator', 'IN');
  const operator = tokens[at + (negated ? 2 : 1)];
  if (operator?.kind !== 'operator') return undefined;
  const right = readValue(tokens, at + (negated ? 3 : 2));
  if (right === undefined) return undefined;
  const { kind: _, ...identifier } = left;
  const raw = { ...identifier, operator: negated ? 'NOT IN' : operator.value, value: right.value };
  return { raw, next: right.next };
};

const readAbsence = (tokens: readonly Token[], at: number): { operator: string; next: number } | undefined => {
  if (!is(tokens[at], 'keyword', 'IS')) return undefined;
  const negated = is(tokens[at + 1], 'keyword', 'NOT');
  const end = at + (negated ? 2 : 1);
  if (!is(tokens[end], 'keyword', 'NULL')) return undefined;
  return { operator: negated ? 'IS NOT NULL' : 'IS NULL', next: end + 1 };
};

const readValue = (tokens: readonly Token[], at: number): { value: RawValue; next: number } | undefined => {
  const token = tokens[at];
  if (token?.kind === 'string' || token?.kind === 'number') return { value: token, next: at + 1 };
  if (token?.kind === 'identifier') return { value: { kind: 'word', value: token.key }, next: at + 1 };
  return is(token, 'punctuation', '(') ? readList(tokens, at + 1) : undefined;
};

const readList = (tokens: readonly Token[], from: number): { value: RawValue; next: number } | undefined => {
  const items: RawValue[] = [];
  if (is(tokens[from], 'punctuation', ')')) return { value: { kind: 'list', items }, next: from + 1 };
  for (let at = from; ; at += 2) {
    const item = readValue(tokens, at);
    if (item === undefined || item.value.kind === 'list') return undefined;
    items.push(item.value);
    if (is(tokens[at + 1], 'punctuation', ')')) return { value: { kind: 'list', items }, next: at + 2 };
    if (!is(tokens[at + 1], 'punctuation', ',')) return undefined;
  }
};

const is = (token: Token | undefined, kind: 'keyword' | 'operator' | 'punctuation', value: string): boolean =>
  token?.kind === kind && token.value === value;
