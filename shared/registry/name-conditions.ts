import type { Clause } from '../mlflow/filter/clause.ts';
import type { Where } from '../platform/documents.ts';

/** What of the clauses on `name` a query can do by itself; the clauses still have to be held against what it finds. */
export const nameConditions = (clauses: readonly Clause[]): readonly Where[] =>
  clauses.flatMap(({ kind, key, comparator, value }): Where[] => {
    if (kind !== 'attribute' || key !== 'name' || typeof value !== 'string') return [];
    if (comparator === '=') return [{ path: 'name', op: '=', value }];
    const prefix = comparator === 'LIKE' ? (/^[^%_]*/.exec(value)?.[0] ?? '') : '';
    return prefix === '' ? [] : [{ path: 'name', op: 'startsWith', value: prefix }];
  });
