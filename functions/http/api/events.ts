import * as z from 'zod';
import type { Documents } from '../../../shared/platform/documents.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import type { ParkedDelivery } from '../../../shared/platform/parking.ts';
import { type ReplayServices, replayParked } from '../../../shared/platform/replay-parked.ts';
import { mayReadEntry, valuesOf, visiblePage } from './visible.ts';

/** Containers whose journal can be read. */
const JOURNALS = ['registry', 'endpoints', 'monitors', 'tracking', 'deliveries', 'settings'] as const;

export interface EventApiServices extends ReplayServices {
  readonly journals: Readonly<Record<(typeof JOURNALS)[number], Documents>>;
}

const page = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().optional(),
});

const entry = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.string(),
  data: z.unknown(),
  causedBy: z.string(),
  correlationId: z.string(),
  actor: z.string().optional().describe('Who asked for it.'),
});

const parked = z.object({
  id: z.string(),
  target: z.union([
    z.object({ kind: z.literal('function'), name: z.string() }),
    z.object({ kind: z.literal('queue'), queue: z.string() }),
  ]),
  payload: z.unknown(),
  code: z.string(),
  message: z.string(),
  parkedAt: z.string(),
  replayedAt: z.string().optional(),
});

const route = defineRoute<EventApiServices>();
const common = { dialect: 'slipway' } as const;
const id = z.object({ id: z.string().min(1).max(200) });

const listEvents = route({
  ...common,
  name: 'api-events-list',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/events',
  summary: 'The journal: what happened, newest first.',
  query: page.extend({
    journal: z.enum(JOURNALS).default('endpoints'),
    type: z.string().optional(),
    subject: z.string().optional(),
  }),
  output: z.object({ items: z.array(entry), next: z.string().optional() }),
  async handle({ query }, { journals }, { caller }) {
    const where = (['type', 'subject'] as const).flatMap((path) =>
      query[path] === undefined ? [] : [{ path, op: '=' as const, value: query[path] }],
    );
    const { items, next } = await visiblePage(
      (continuation) =>
        valuesOf(
          journals[query.journal].query<JournalEntry>(undefined, {
            kind: 'journal',
            where,
            orderBy: { path: 'time', direction: 'desc' },
            limit: query.limit,
            ...(continuation === undefined ? {} : { continuation }),
          }),
        ),
      query.cursor,
      (each) => mayReadEntry(caller, each),
    );
    return { json: { items: items.map(toEntry), next } };
  },
});

const listParked = route({
  ...common,
  name: 'api-events-parked-list',
  method: 'GET',
  access: 'reader',
  models: 'all',
  path: 'api/v1/events/parked',
  summary: 'Deliveries that could not succeed, newest first, each with its reason.',
  query: page,
  output: z.object({ items: z.array(parked), next: z.string().optional() }),
  async handle({ query }, { parkingLot }) {
    const { items, next } = await parkingLot.list(query.limit, query.cursor);
    return { json: { items: items.map(toParked), next } };
  },
});

const replay = route({
  ...common,
  name: 'api-events-parked-replay',
  method: 'POST',
  access: 'operator',
  models: 'all',
  path: 'api/v1/events/parked/{id}/replay',
  summary: 'Sends a parked delivery on its way again.',
  params: id,
  output: parked,
  async handle({ params }, services, { cause }) {
    return { status: 202, json: toParked(await replayParked(params.id, cause, services)) };
  },
});

const getEvent = route({
  ...common,
  name: 'api-events-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/events/{id}',
  summary: 'One journal entry by its id, which is also the id of the CloudEvent.',
  params: id,
  output: entry,
  async handle({ params }, { journals }, { caller }) {
    for (const journal of Object.values(journals)) {
      const found = await journal.query<JournalEntry>(undefined, {
        kind: 'journal',
        where: [{ path: 'id', op: '=', value: params.id }],
        limit: 1,
      });
      const [only] = found.items;
      if (only !== undefined && mayReadEntry(caller, only.value)) return { json: toEntry(only.value) };
    }
    throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no event '${params.id}'`);
  },
});

const toEntry = ({ kind: _, ...rest }: JournalEntry) => rest;
const toParked = ({ kind: _, ...rest }: ParkedDelivery) => rest;

export const eventRoutes = [listEvents, listParked, replay, getEvent];
