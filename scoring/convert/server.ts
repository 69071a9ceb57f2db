import { timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import parseRange from 'range-parser';
import { conversionRequest } from './conversion-request.ts';
import type { Conversions } from './conversions.ts';

export interface ConversionRoutes {
  readonly conversions: Conversions;
  /** Bearer token that requests must show. */
  readonly key: string;
  readonly maxModelBytes?: number;
}

const MAX_MODEL_BYTES = 1024 ** 3;
const KEY = /^[0-9a-f]{32}$/;

interface JobParams {
  readonly Params: { readonly key: string };
}

/**
 * The converter's three routes: `GET` and `PUT /conversions/{key}`, and `GET /conversions/{key}/files/{path}`. It runs
 * the code of the models it is sent, so it belongs where there is nothing to take: no identity, no secrets, no data.
 */
export const conversionRoutes =
  ({ conversions, key: token, maxModelBytes = MAX_MODEL_BYTES }: ConversionRoutes): FastifyPluginAsync =>
  async (app: FastifyInstance) => {
    const expected = Buffer.from(`Bearer ${token}`);
    app.addHook('onRequest', async (request, reply) => {
      const given = Buffer.from(request.headers.authorization ?? '');
      if (given.length === expected.length && timingSafeEqual(given, expected)) return undefined;
      return reply.code(401).send({ message: 'show the converter’s key as a bearer token' });
    });
    app.addHook('preHandler', async (request, reply) => {
      const { key } = request.params as JobParams['Params'];
      return KEY.test(key) ? undefined : reply.code(404).send({ message: 'a key is 32 hex digits' });
    });
    app.addContentTypeParser('application/x-tar', { bodyLimit: maxModelBytes }, (_request, body, done) =>
      done(null, body),
    );
    app.addHook('onClose', () => conversions.close());

    app.get<JobParams>('/conversions/:key', async ({ params }, reply) => {
      const state = await conversions.state(params.key);
      return state ?? reply.code(404).send({ message: 'nobody asked for it' });
    });

    app.put<JobParams>('/conversions/:key', async (request, reply) => {
      if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) > maxModelBytes) {
        return reply.code(413).send({ message: `at most ${maxModelBytes} bytes, and their number must be told` });
      }
      const asked = conversionRequest.safeParse(decoded(request.headers['x-conversion']));
      if (!asked.success) return reply.code(400).send({ message: `x-conversion: ${asked.error.message}` });
      await conversions.start(request.params.key, asked.data, request.body as Readable);
      return reply.code(202).send({ state: 'running' });
    });

    app.get<{ Params: { key: string; '*': string } }>('/conversions/:key/files/*', async (request, reply) => {
      const path = await conversions.file(request.params.key, request.params['*']);
      if (path === undefined) return reply.code(404).send({ message: 'there is no such file' });
      const { size } = await stat(path);
      const ranges = parseRange(size, request.headers.range ?? '');
      const range = Array.isArray(ranges) ? ranges[0] : undefined;
      reply.type('application/octet-stream');
      if (range === undefined) return reply.header('content-length', size).send(createReadStream(path));
      return reply
        .code(206)
        .headers({
          'content-length': range.end - range.start + 1,
          'content-range': `bytes ${range.start}-${range.end}/${size}`,
        })
        .send(createReadStream(path, { start: range.start, end: range.end }));
    });
  };

const decoded = (header: string | string[] | undefined): unknown => {
  try {
    return JSON.parse(Buffer.from(String(header ?? ''), 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};
