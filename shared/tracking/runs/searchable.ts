import type { FilterSchema } from '../../mlflow/filter/clause.ts';
import type { Matched } from '../../mlflow/filter/matches.ts';
import type { Position, SortKey, SortRules } from '../../mlflow/order-by.ts';
import { numberOf } from '../metrics/metric.ts';
import { CONTEXT_TAG, type RunDocument } from './run.ts';

/** What searches of runs may compare and sort by. */

const ALIASES = new Map([
  ['created', 'start_time'],
  ['Created', 'start_time'],
  ['run name', 'run_name'],
  ['Run name', 'run_name'],
  ['Run Name', 'run_name'],
]);

export const RUN_FILTER: FilterSchema = {
  attributes: new Map([
    ['run_id', 'list'],
    ['run_name', 'text'],
    ['status', 'text'],
    ['user_id', 'text'],
    ['artifact_uri', 'text'],
    ['start_time', 'number'],
    ['end_time', 'number'],
  ]),
  aliases: ALIASES,
  entities: ['param', 'metric', 'tag', 'dataset'],
  absence: true,
};

export const RUN_ORDER: SortRules = {
  words: new Map([...[...RUN_FILTER.attributes.keys()].map((word) => [word, word] as const), ...ALIASES]),
  entities: ['attribute', 'param', 'metric', 'tag'],
  byDefault: [
    { key: 'start_time', direction: 'desc' },
    { key: 'run_id', direction: 'asc' },
  ],
  ties: [
    { key: 'start_time', direction: 'desc' },
    { key: 'run_id', direction: 'asc' },
  ],
};

/** A key of what is before the values of a key that some runs do not have: they come last, whatever the direction is. */
const PRESENCE = 'presence of ';

/** The order with a key for presence before each key that a run may lack. */
export const withPresence = (order: readonly SortKey[]): readonly SortKey[] =>
  order.flatMap((sort) =>
    sort.key.includes('.') || sort.key === 'end_time'
      ? [{ key: `${PRESENCE}${sort.key}`, direction: 'asc' } as const, sort]
      : [sort],
  );

/** The run as filters see it. */
export const matchedOf = (run: RunDocument): Matched => ({
  attributes: attributesOf(run),
  tags: run.tags,
  params: run.params,
  metrics: run.metrics.map(({ key, value }) => ({ key, value: numberOf(value) })),
  datasets: run.datasets.map(({ name, digest, tags }) => {
    const context = tags.find(({ key }) => key === CONTEXT_TAG)?.value;
    return { name, digest, ...(context === undefined ? {} : { context }) };
  }),
});

const attributesOf = (run: RunDocument): Readonly<Record<string, string | number>> => ({
  run_id: run.runId,
  run_name: run.name,
  status: run.status,
  user_id: run.userId,
  artifact_uri: run.artifactUri,
  start_time: run.startedAt,
  ...(run.endedAt === undefined ? {} : { end_time: run.endedAt }),
});

/** Where the run is in that order. */
export const positionOf = (run: RunDocument, order: readonly SortKey[]): Position => {
  const attributes = attributesOf(run);
  return order.map(({ key }) => {
    if (!key.startsWith(PRESENCE)) return sortable(sortValue(run, attributes, key));
    const value = sortValue(run, attributes, key.slice(PRESENCE.length));
    // Not a number comes before nothing at all.
    return value === undefined ? 2 : Number.isNaN(value) ? 1 : 0;
  });
};

const sortValue = (
  run: RunDocument,
  attributes: Readonly<Record<string, string | number>>,
  sortKey: string,
): string | number | undefined => {
  const dot = sortKey.indexOf('.');
  if (dot < 0) return attributes[sortKey];
  const [entity, key] = [sortKey.slice(0, dot), sortKey.slice(dot + 1)];
  if (entity === 'metric') {
    const metric = run.metrics.find((one) => one.key === key);
    return metric === undefined ? undefined : numberOf(metric.value);
  }
  return (entity === 'param' ? run.params : run.tags).find((one) => one.key === key)?.value;
};

/** A page token is JSON, which has neither infinities nor NaN. */
const sortable = (value: string | number | undefined): string | number => {
  if (typeof value !== 'number') return value ?? 0;
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);
};
