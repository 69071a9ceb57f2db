import * as z from 'zod';
import { type Monitor, monitorSchema } from '../../../shared/drift/monitor.ts';
import type { MonitorStore } from '../../../shared/drift/monitor-store.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { mayReadAny, visiblePage } from './visible.ts';

export interface MonitorApiServices {
  readonly monitors: MonitorStore;
}

const route = defineRoute<MonitorApiServices>();
const common = { dialect: 'slipway' } as const;
const byName = z.object({ name: z.string().min(1).max(255) });

const monitorView = monitorSchema.extend({
  lastDrift: z.object({ driftScore: z.number(), at: z.string(), event: z.string() }).optional(),
});

const toView = ({ definition, lastDrift }: Monitor): z.output<typeof monitorView> => ({
  ...definition,
  ...(lastDrift === undefined ? {} : { lastDrift }),
});

const list = route({
  ...common,
  name: 'api-monitors-list',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/monitors',
  summary: 'All monitors with the latest drift that was seen.',
  query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100), cursor: z.string().optional() }),
  output: z.object({ items: z.array(monitorView), next: z.string().optional() }),
  async handle({ query: { limit, cursor } }, { monitors }, { caller }) {
    const { items, next } = await visiblePage(
      (continuation) => monitors.list(limit, continuation),
      cursor,
      ({ definition }) => mayReadAny(caller, [definition.model]),
    );
    return { json: { items: items.map(toView), next } };
  },
});

const get = route({
  ...common,
  name: 'api-monitors-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/monitors/{name}',
  summary: 'One monitor.',
  params: byName,
  output: monitorView,
  async handle({ params }, { monitors }, { caller }) {
    const found = await monitors.get(params.name);
    if (found === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no monitor '${params.name}'`);
    const { model } = found.value.definition;
    if (model !== undefined) caller.require('reader', model);
    return { json: toView(found.value) };
  },
});

const put = route({
  ...common,
  name: 'api-monitors-put',
  method: 'PUT',
  access: 'operator',
  models: 'all',
  path: 'api/v1/monitors/{name}',
  summary: 'Says which endpoint and model a monitor watches. Azure ML monitors are matched by name.',
  params: byName,
  body: monitorSchema.omit({ name: true }),
  output: monitorView,
  async handle({ params, body }, { monitors }) {
    return { json: toView(await monitors.define(monitorSchema.parse({ ...body, name: params.name }))) };
  },
});

export const monitorRoutes = [list, get, put];
