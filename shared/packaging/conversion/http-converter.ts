import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import * as z from 'zod';
import { SlipwayError } from '../../platform/errors.ts';
import { pathProblem } from '../files/file-path.ts';
import type { ModelFiles } from '../files/model-files.ts';
import { planTar, tarBytes } from '../image/tar.ts';
import { conversionReport } from './conversion-report.ts';
import type { ConversionOutcome, ConversionRequest, ModelConverter } from './ports.ts';

export interface HttpConverterOptions {
  /** Where the converter serves, such as `https://converter.internal`. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly key?: string | undefined;
}

const LOOK_AGAIN_MS = 3_000;
const HEADERS_MS = 60_000;
const SILENCE_MS = 60_000;
/** A converted model is about as large as the model; an answer that describes one is small. */
const MAX_STATE_BYTES = 1024 * 1024;

const file = z.object({
  path: z.string().refine((path) => pathProblem(path) === undefined, 'is not allowed'),
  size: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const state = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running') }),
  z.object({ state: z.literal('failed'), message: z.string().max(4_000) }),
  z.object({ state: z.literal('done'), report: conversionReport, files: z.array(file).max(100) }),
]);

/**
 * A converter behind HTTP: `GET /conversions/{key}` says how far one is, `PUT` starts it with the model as a tar, and
 * `GET /conversions/{key}/files/{path}` gives a file of what came out.
 */
export const createHttpConverter = ({ url, key }: HttpConverterOptions): ModelConverter => {
  const root = new URL(url.endsWith('/') ? url : `${url}/`);
  const send = async (path: string, options: Partial<Dispatcher.RequestOptions>): Promise<Dispatcher.ResponseData> => {
    try {
      return await request(new URL(path, root), {
        method: 'GET',
        headersTimeout: HEADERS_MS,
        bodyTimeout: SILENCE_MS,
        ...options,
        headers: { ...options.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      });
    } catch (cause) {
      if (cause instanceof SlipwayError) throw cause;
      const reason = cause instanceof Error ? ((cause as { code?: string }).code ?? cause.name) : 'unknown';
      throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `the converter did not answer (${reason})`, { cause });
    }
  };

  return {
    async convert(wish) {
      const path = `conversions/${wish.key}`;
      const found = await send(path, {});
      if (found.statusCode !== 404) return outcomeOf(await readState(found), path, send);
      await found.body.dump();
      const started = await start(wish, path, send);
      await expectAccepted(started);
      return { kind: 'running', lookAgainMs: LOOK_AGAIN_MS };
    },
  };
};

type Send = (path: string, options: Partial<Dispatcher.RequestOptions>) => Promise<Dispatcher.ResponseData>;

const start = (wish: ConversionRequest, path: string, send: Send): Promise<Dispatcher.ResponseData> => {
  const { listing, files, environment, tolerance, missing } = wish;
  const plan = planTar(listing.map(({ path: name, size }) => ({ path: name, size, executable: false })));
  const { python, requirements, constraints, options } = environment;
  const { indexUrl, extraIndexUrls } = options;
  const wanted = { python, requirements, constraints, indexUrl, extraIndexUrls, tolerance, missing };
  return send(path, {
    method: 'PUT',
    headers: {
      'content-type': 'application/x-tar',
      'content-length': String(plan.size),
      'x-conversion': Buffer.from(JSON.stringify(wanted)).toString('base64url'),
    },
    body: Readable.from(tarBytes(plan, (name, offset) => files.open(name, offset))),
  });
};

const expectAccepted = async ({ statusCode, body }: Dispatcher.ResponseData): Promise<void> => {
  await body.dump();
  if (statusCode !== 202) throw refused(statusCode);
};

const readState = async ({ statusCode, body }: Dispatcher.ResponseData): Promise<z.output<typeof state>> => {
  if (statusCode !== 200) {
    await body.dump();
    throw refused(statusCode);
  }
  const parsed = state.safeParse(await readJson(body));
  if (parsed.success) return parsed.data;
  throw new SlipwayError('INVALID_STATE', 'the converter answers with what is no state of a conversion');
};

const readJson = async (body: Readable): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > MAX_STATE_BYTES) throw new SlipwayError('INVALID_STATE', 'the converter answers without end');
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
};

const refused = (status: number): SlipwayError =>
  status === 429 || status >= 500
    ? new SlipwayError('TEMPORARILY_UNAVAILABLE', `the converter answered ${status}`)
    : new SlipwayError('INVALID_STATE', `the converter refused the model with ${status}`);

const outcomeOf = (found: z.output<typeof state>, path: string, send: Send): ConversionOutcome => {
  switch (found.state) {
    case 'running':
      return { kind: 'running', lookAgainMs: LOOK_AGAIN_MS };
    case 'failed':
      return { kind: 'failed', message: found.message };
    case 'done':
      return {
        kind: 'done',
        report: found.report,
        ...(found.files.length === 0 ? {} : { files: filesAt(found.files, path, send) }),
      };
  }
};

const filesAt = (files: readonly z.output<typeof file>[], path: string, send: Send): ModelFiles => ({
  async *list() {
    for (const { path: name, size, sha256 } of files) yield { path: name, size, contentId: `sha256:${sha256}` };
  },
  async open(name, offset = 0) {
    const from = offset === 0 ? {} : { range: `bytes=${offset}-` };
    const encoded = name.split('/').map(encodeURIComponent).join('/');
    const found = await send(`${path}/files/${encoded}`, { headers: from });
    if (found.statusCode === (offset === 0 ? 200 : 206)) return found.body;
    await found.body.dump();
    throw refused(found.statusCode);
  },
});
