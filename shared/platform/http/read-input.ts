import type * as z from 'zod';
import { SlipwayError } from '../errors.ts';
import type { AnyRoute } from './route.ts';

/** The parts of a request that inputs are read from. */
export interface RawRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  /** The whole body as text; empty when there is none. */
  text(): Promise<string>;
}

/** 1 MiB: almost every JSON body of ours is far smaller, and a larger one is a mistake or an attack. */
const MAX_JSON_BYTES = 1_048_576;

/**
 * Parameters, query and body as the route's schemas turn them.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE naming each wrong field; BAD_REQUEST for a body that is no JSON;
 * PAYLOAD_TOO_LARGE above 1 MiB
 */
export const readInput = async (route: AnyRoute<never>, request: RawRequest) => ({
  params: parse(route.params, request.params, 'path'),
  query: parse(route.query, queryObject(request.query), 'query'),
  body: await readBody(route, request),
});

const readBody = async (route: AnyRoute<never>, request: RawRequest): Promise<unknown> => {
  if (route.body === undefined || route.body === 'stream') return undefined;
  const text = await request.text();
  const { maxJsonBytes = MAX_JSON_BYTES } = route;
  if (Buffer.byteLength(text) > maxJsonBytes)
    throw new SlipwayError('PAYLOAD_TOO_LARGE', `the JSON body is over ${maxJsonBytes / MAX_JSON_BYTES} MiB`);
  const raw =
    route.dialect === 'mlflow' ? lenientJson(text, request.contentType) : strictJson(text, request.contentType);
  return parse(route.body, raw, 'body');
};

/**
 * MLflow reads malformed and empty JSON as `{}`, decodes doubly encoded JSON once more, and takes null for absent. Python
 * writes `NaN` and `Infinity` without quotes: they are read as with.
 */
const lenientJson = (text: string, contentType: string | undefined): unknown => {
  if (text !== '' && !(contentType ?? '').toLowerCase().startsWith('application/json')) {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `Bad Request. Content-Type must be 'application/json', got '${contentType ?? ''}'.`,
    );
  }
  const once = jsonOr(text, {});
  const raw = typeof once === 'string' ? jsonOr(once, {}) : once;
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return {};
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
};

const jsonOr = (text: string, fallback: unknown): unknown => {
  for (const write of [asItIs, withTextsForNonNumbers]) {
    try {
      return JSON.parse(write(text));
    } catch {
      // The next way to read it, or none.
    }
  }
  return fallback;
};

const asItIs = (text: string): string => text;

const withTextsForNonNumbers = (text: string): string =>
  text.replace(STRING_OR_NON_NUMBER, (found) => (found.startsWith('"') ? found : `"${found}"`));

/** Whole strings, which are left as they are, or what Python's JSON has for numbers that JSON has not. */
const STRING_OR_NON_NUMBER = /"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|-?\b(?:NaN|Infinity)\b/g;

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/** Only JSON types: those that a page of another site may send without asking first are refused. */
const strictJson = (text: string, contentType = ''): unknown => {
  if (text === '') return {};
  if (!JSON_TYPE.test(contentType)) {
    throw new SlipwayError('BAD_REQUEST', `send the body as application/json, not '${contentType}'`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SlipwayError('BAD_REQUEST', `the body is not JSON: ${(cause as Error).message}`, { cause });
  }
};

/** Repeated keys become an array. */
const queryObject = (query: URLSearchParams): Record<string, string | string[]> =>
  Object.fromEntries(
    [...new Set(query.keys())].map((key) => {
      const all = query.getAll(key);
      return [key, all.length === 1 ? (all[0] ?? '') : all];
    }),
  );

const parse = (schema: z.ZodType | undefined, raw: unknown, part: string): unknown => {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  // A schema may speak for itself, as MLflow's messages must be its own.
  const own = parsed.error.issues.find((issue) => issue.code === 'custom' && issue.params?.['verbatim'] === true);
  const message = own?.message ?? parsed.error.issues.map((issue) => describe(issue, part)).join('; ');
  throw new SlipwayError('INVALID_PARAMETER_VALUE', message, { cause: parsed.error });
};

const describe = (issue: z.core.$ZodIssue, part: string): string =>
  `${[part, ...issue.path.map(String)].join('.')}: ${issue.message}`;
