import { type Clause, isAbsence } from '../mlflow/filter/clause.ts';
import { compare } from '../mlflow/filter/matches.ts';
import type { ModelScope } from '../platform/access/grant.ts';
import type { Where } from '../platform/documents.ts';
import { PROMPT_TAG } from './prompt.ts';

/**
 * What of a filter a query can do by itself. It may let more through than the filter, never less: clauses are still to
 * be held against what the query finds.
 *
 * @param paths the stored property of each attribute
 */
export const conditions = (clauses: readonly Clause[], paths: ReadonlyMap<string, string>): readonly Where[] =>
  clauses.flatMap((clause): readonly Where[] => {
    const { kind, key, comparator, value } = clause;
    if (kind === 'tag') return key === PROMPT_TAG ? [] : tagConditions(clause);
    const path = paths.get(key);
    if (kind !== 'attribute' || path === undefined || comparator === 'NOT IN' || isAbsence(comparator)) return [];
    if (comparator === 'IN') return [{ path, op: 'in', value }];
    if (comparator === 'ILIKE') return [{ path, op: 'ilike', value: asciiPattern(String(value)) }];
    return [comparator === 'LIKE' ? likeCondition(path, String(value)) : { path, op: comparator, value }];
  });

/** Prompts and everything else live in the same documents: which of both a filter is about, if only one. */
export const promptConditions = (clauses: readonly Clause[]): readonly Where[] => {
  const about = clauses.filter(({ kind, key }) => kind === 'tag' && key === PROMPT_TAG);
  const wants = (isPrompt: string): boolean => about.every((clause) => compare(isPrompt, clause));
  if (about.length === 0 || !wants('true')) {
    return [{ path: 'tags', op: 'lacks', value: { key: PROMPT_TAG, value: 'true' } }];
  }
  return wants('false') ? [] : [{ path: 'tags', op: 'contains', value: { key: PROMPT_TAG } }];
};

/** What all names of a scope have in common. */
export const scopeConditions = (visible: ModelScope): readonly Where[] => {
  if (visible === 'all') return [];
  if (visible.every((pattern) => !pattern.endsWith('*'))) return [{ path: 'name', op: 'in', value: visible }];
  const prefix = visible.map((pattern) => pattern.replace(/\*$/, '')).reduce(commonPrefix);
  return prefix === '' ? [] : [{ path: 'name', op: 'startsWith', value: prefix }];
};

const commonPrefix = (left: string, right: string): string => {
  const [characters, others] = [[...left], [...right]];
  const differsAt = characters.findIndex((character, at) => character !== others[at]);
  return differsAt < 0 ? left : characters.slice(0, differsAt).join('');
};

const tagConditions = ({ key, comparator, value }: Clause): readonly Where[] => {
  const tag = { key, value: String(value) };
  if (comparator === '=') return [{ path: 'tags', op: 'contains', value: tag }];
  const has: Where = { path: 'tags', op: 'contains', value: { key } };
  return comparator === '!=' ? [has, { path: 'tags', op: 'lacks', value: tag }] : [has];
};

const likeCondition = (path: string, pattern: string): Where => {
  const [, prefix] = /^([^%_]*)%$/.exec(pattern) ?? [];
  if (prefix !== undefined) return { path, op: 'startsWith', value: prefix };
  return { path, op: 'like', value: widened(pattern, /_/g) };
};

/** Whether `_` is a code point or half of one, the store need not know. */
const widened = (pattern: string, unsure: RegExp): string => pattern.replace(unsure, '%').replace(/%+/g, '%');

/**
 * Cases differ between languages, but not those of ASCII: except that `K` may be the sign of Kelvin, and `i` what is
 * left of a Turkish letter.
 */
const asciiPattern = (pattern: string): string => widened(pattern, /[^ -~]|[_ikIK]/gu);
