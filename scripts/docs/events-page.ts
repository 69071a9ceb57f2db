import { CATALOGUE, type CatalogueEvent } from '../../shared/events/catalogue.ts';
import { SUBSCRIPTIONS } from '../../shared/events/subscriptions.ts';
import { severityOf } from '../../shared/notify/match-rules.ts';
import { type Field, fieldsOf, jsonSchema, typeText } from './fields.ts';
import { code, codeBlock, page, table } from './markdown.ts';

const fieldRow = ({ path, required, schema }: Field): readonly string[] => [
  code(path),
  typeText(schema),
  required ? 'always' : '',
  schema.description ?? '',
];

/** The example as a subscriber gets it. */
const exampleOf = ({ type, example: { subject, data } }: CatalogueEvent): string => {
  const envelope = {
    specversion: '1.0',
    id: 'je_1b9d0c2e4f6a8b7c9d0e1f2a',
    source: '/slipway',
    type,
    subject,
    time: '2026-01-31T12:00:00.000Z',
    data,
    causedby: '7f4d2b1c-0000-4000-8000-000000000000',
    correlationid: '7f4d2b1c-0000-4000-8000-000000000000',
  };
  return codeBlock('json', JSON.stringify(envelope, null, 2));
};

/** Events with the same data are told of together. */
const groups = (): readonly (readonly CatalogueEvent[])[] => {
  const byData = Map.groupBy<unknown, CatalogueEvent>(CATALOGUE, ({ data }) => data);
  return [...byData.values()];
};

const groupTitle = (events: readonly CatalogueEvent[]): string => {
  const [first] = events;
  if (events.length === 1) return code(first?.type ?? '');
  return code(`${first?.type.split('.').slice(0, 2).join('.') ?? ''}.*`);
};

const groupBlocks = (events: readonly CatalogueEvent[]): readonly string[] => {
  const [first] = events;
  if (first === undefined) return [];
  return [
    `### ${groupTitle(events)}`,
    events.length === 1 ? first.summary : events.map(({ type }) => code(type)).join(', '),
    `Subject: ${code(first.subject)}`,
    table(['data', 'type', 'there', 'meaning'], fieldsOf(jsonSchema(first.data, 'output')).map(fieldRow)),
    exampleOf(events.find(({ type }) => type.endsWith('rolled-back')) ?? first),
  ];
};

/** `docs/reference/events.md` */
export const eventsPage = (): string =>
  page('Events', 'shared/events/catalogue.ts and shared/events/subscriptions.ts', [
    'Slipway sends CloudEvents 1.0 to one Event Grid topic. An event is sent because a journal entry was stored; `id` is the id of that entry. The same event may arrive more than once: drop repeats by `id`. Order is not promised: `time` says when it happened.',
    'Two extension attributes tie a story together: `causedby` is the id of the event, command or request that led to this one, and `correlationid` is the same in everything that one registration or command set off. A third, `actor`, says who asked for it, where a caller did and access is not open.',
    'New optional fields may be added to `data` at any time. A change that a subscriber would trip over gets a new type.',
    '## All types',
    table(
      ['type', 'severity', 'sent when'],
      CATALOGUE.map(({ type, summary }) => [code(type), severityOf(type), summary]),
    ),
    'Severity is what alert rules filter by (`minSeverity`). Not sent yet: `slipway.drift.cleared`.',
    '## Data',
    ...groups().flatMap(groupBlocks),
    '## Subscriptions of Slipway itself',
    'The embedded stack and the Bicep files make these. `slipway` is our own topic, `machine-learning` the system topic of the Azure ML workspace.',
    table(
      ['subscription', 'topic', 'function', 'types'],
      SUBSCRIPTIONS.map((each) => [
        code(each.name),
        each.topic,
        code(each.function),
        each.includedEventTypes.length === CATALOGUE.length
          ? 'all types above'
          : each.includedEventTypes.map(code).join(' '),
      ]),
    ),
    'Azure ML’s events are understood in any casing of their keys, and in the Event Grid as well as the CloudEvents envelope. Our own topic takes them too, so that a parked one can be replayed there.',
  ]);
