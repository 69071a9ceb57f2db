import * as z from 'zod';
import { CATALOGUE } from '../../../shared/events/catalogue.ts';
import { ERROR_CODES } from '../../../shared/platform/errors.ts';
import type { AnyRoute } from '../../../shared/platform/http/route.ts';

type Json = Record<string, unknown>;

/** What every error of our own API looks like (RFC 9457). */
const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.enum(ERROR_CODES),
  correlationId: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/** Transforms have no JSON Schema of their output, so inputs are described as they come in. */
const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const parametersOf = (schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }));
};

const bodyOf = (body: AnyRoute<never>['body']): Json => {
  if (body === undefined) return {};
  const content =
    body === 'stream'
      ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: schemaOf(body, 'input') } };
  return { requestBody: { required: true, content } };
};

const PROBLEM_ANSWER: Json = {
  description: 'A problem.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const operationOf = (route: AnyRoute<never>): Json => ({
  operationId: route.name,
  summary: route.summary,
  tags: [route.path.split('/')[2] ?? 'api'],
  ...(route.access === 'public' ? { security: [] } : {}),
  parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
  ...bodyOf(route.body),
  responses: {
    '2XX': {
      description: 'Done.',
      ...(route.output === undefined
        ? {}
        : { content: { 'application/json': { schema: schemaOf(route.output, 'output') } } }),
    },
    '4XX': PROBLEM_ANSWER,
    '5XX': PROBLEM_ANSWER,
  },
});

/** The OpenAPI 3.1 description of our own API, made from the very schemas that parse requests. */
export const openApi = (routes: readonly AnyRoute<never>[], serverUrl: string): Json => {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = `/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version: '1',
      summary: 'Models from registered to serving all traffic, and back.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }, { basic: [] }],
    paths,
    webhooks: Object.fromEntries(CATALOGUE.map((event) => [event.type, webhookOf(event)])),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } },
      schemas: { Problem: schemaOf(problem, 'output') },
    },
  };
};

/** Events as Event Grid subscribers get them: CloudEvents 1.0, structured mode. */
const webhookOf = ({ type, summary, data }: (typeof CATALOGUE)[number]): Json => ({
  post: {
    operationId: type,
    summary,
    requestBody: {
      content: {
        'application/cloudevents+json': {
          schema: {
            type: 'object',
            required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'],
            properties: {
              specversion: { const: '1.0' },
              id: { type: 'string' },
              source: { type: 'string' },
              type: { const: type },
              subject: { type: 'string' },
              time: { type: 'string', format: 'date-time' },
              correlationid: { type: 'string' },
              causedby: { type: 'string' },
              actor: { type: 'string' },
              data: schemaOf(data, 'output'),
            },
          },
        },
      },
    },
    responses: { '2XX': { description: 'Taken.' } },
  },
});
