import { readFileSync, writeFileSync } from 'node:fs';
import { SUBSCRIPTIONS } from '../shared/events/subscriptions.ts';
import {
  BLOB_CONTAINERS,
  CONTAINERS,
  type ContainerDefinition,
  DATABASE,
  poisonQueue,
  QUEUES,
} from '../shared/platform/resources.ts';

/** Large and never queried, so left out of the index: that saves request units on every write. */
export const UNINDEXED = ['data', 'datasets', 'definition', 'message', 'payload', 'points'] as const;

/** What lineage compares within them: a more precise path goes before its parent's. */
export const INDEXED_WITHIN = ['data.change', 'data.endpoint', 'data.key', 'data.model'] as const;

const indexingPolicy = {
  indexingMode: 'consistent',
  automatic: true,
  includedPaths: [{ path: '/*' }, ...INDEXED_WITHIN.map((name) => ({ path: `/${name.replaceAll('.', '/')}/?` }))],
  excludedPaths: [...UNINDEXED.map((name) => ({ path: `/${name}/*` })), { path: '/"_etag"/?' }],
} as const;

const toContainer = ([id, definition]: readonly [string, ContainerDefinition]) => ({
  id,
  partitionKey: { paths: [definition.partitionKey], kind: 'Hash', version: 2 },
  indexingPolicy,
  ...(definition.defaultTtl === undefined ? {} : { defaultTtl: definition.defaultTtl }),
});

const resources = {
  database: DATABASE,
  containers: Object.entries(CONTAINERS).map(toContainer),
  queues: QUEUES.flatMap((queue) => [queue, poisonQueue(queue)]),
  blobContainers: BLOB_CONTAINERS,
};

const onTopic = (topic: (typeof SUBSCRIPTIONS)[number]['topic']) =>
  SUBSCRIPTIONS.filter((subscription) => subscription.topic === topic).map(
    ({ name, function: functionName, includedEventTypes }) => ({ name, function: functionName, includedEventTypes }),
  );

const subscriptions = {
  slipway: onTopic('slipway'),
  machineLearning: onTopic('machine-learning'),
  containerRegistry: onTopic('container-registry'),
};

const toText = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** What Bicep loads with `loadJsonContent`, by path below this folder. */
export const GENERATED: Readonly<Record<string, string>> = {
  'resources.json': toText(resources),
  'subscriptions.json': toText(subscriptions),
};

const pathOf = (name: string): URL => new URL(name, import.meta.url);

/** Names of the generated files that differ from the tables in the code. */
export const staleFiles = (): readonly string[] =>
  Object.entries(GENERATED)
    .filter(([name, text]) => normalise(readFileSync(pathOf(name), 'utf8')) !== normalise(text))
    .map(([name]) => name);

/** The formatter may fold short arrays: only the value counts. */
const normalise = (text: string): string => JSON.stringify(JSON.parse(text));

if (import.meta.main) for (const [name, text] of Object.entries(GENERATED)) writeFileSync(pathOf(name), text);
