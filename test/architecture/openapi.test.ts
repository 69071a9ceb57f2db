import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openApi } from '../../functions/http/api/openapi.ts';
import { apiRoutes } from '../../functions/http/api/routes.ts';
import { EVENT_TYPES } from '../../shared/events/catalogue.ts';

const document = openApi(apiRoutes, 'https://slipway.example');

/** As much of a JSON Schema as a description must have right: known types, and no draft of its own. */
const schema = z.looseObject({
  $schema: z.never().optional(),
  type: z.enum(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']).optional(),
  properties: z.record(z.string(), z.looseObject({})).optional(),
  required: z.array(z.string()).optional(),
});

const content = z.record(z.string().regex(/^[a-z]+\/[a-z+-]+$/), z.strictObject({ schema }));

const operation = z.strictObject({
  operationId: z.string().min(1),
  summary: z.string().min(1),
  tags: z.array(z.string()).optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(z.strictObject({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema }))
    .optional(),
  requestBody: z.strictObject({ required: z.boolean().optional(), content }).optional(),
  responses: z.record(
    z.string().regex(/^([1-5]\d\d|[1-5]XX|default)$/),
    z.strictObject({ description: z.string().min(1), content: content.optional() }),
  ),
});

const pathItem = z.partialRecord(z.enum(['get', 'put', 'post', 'delete', 'patch']), operation);

/** The parts of OpenAPI 3.1 that we use. @see https://spec.openapis.org/oas/v3.1.1.html */
const openApi31 = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    summary: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.url() })).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(z.string().regex(/^(\/([\w.-]+|\{\w+\}))+$/), pathItem),
  webhooks: z.record(z.string(), pathItem),
  components: z.strictObject({
    securitySchemes: z.record(
      z.string(),
      z.strictObject({ type: z.literal('http'), scheme: z.enum(['bearer', 'basic']) }),
    ),
    schemas: z.record(z.string(), schema),
  }),
});

const parsed = openApi31.safeParse(document);
const operations = Object.entries(parsed.data?.paths ?? {}).flatMap(([path, item]) =>
  Object.values(item).map((each) => ({ path, ...each })),
);

const refsIn = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  const { $ref } = value as { $ref?: unknown };
  return [...(typeof $ref === 'string' ? [$ref] : []), ...Object.values(value).flatMap(refsIn)];
};

const resolve = (ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);

describe('the OpenAPI description', () => {
  it('is OpenAPI 3.1', () => {
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it('describes every route of our own API, by its name', () => {
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
      apiRoutes.map(({ name }) => name).toSorted(),
    );
  });

  it('refers only to what it holds', () => {
    const refs = new Set(refsIn(document));

    expect([...refs].filter((ref) => resolve(ref) === undefined)).toEqual([]);
    expect(refs).toContain('#/components/schemas/Problem');
  });

  it('declares every parameter of a path as required', () => {
    const wrong = operations.filter(({ path, parameters = [] }) => {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = parameters.filter((each) => each.in === 'path' && each.required).map(({ name }) => name);
      return wanted.join() !== declared.join();
    });

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('says which routes need no token', () => {
    expect(operations.filter(({ security }) => security !== undefined).map(({ path }) => path)).toEqual([
      '/api/v1/environments/{key}/result',
      '/api/openapi.json',
    ]);
  });

  it('tells every failure as a problem', () => {
    const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

    for (const { responses } of operations) {
      expect(responses['4XX']?.content).toEqual(problem);
      expect(responses['5XX']?.content).toEqual(problem);
    }
  });

  it('describes every event as a webhook', () => {
    expect(Object.keys(parsed.data?.webhooks ?? {})).toEqual([...EVENT_TYPES]);
  });

  it('shows what a webhook channel takes', () => {
    const put = operations.find(({ operationId }) => operationId === 'api-channels-put');

    expect(JSON.stringify(put?.requestBody)).toMatch(/"url".*"secret"/);
  });
});
