import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { fromRefusal } from './registry-error.ts';
import { MAX_MANIFEST_BYTES } from './stored-manifest.ts';

export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Read to its end, or `dump`ed, by whoever takes the answer. */
  readonly body: Dispatcher.ResponseData['body'];
}

export interface RawRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | Uint8Array | string;
  readonly signal?: AbortSignal;
}

/** Sends one request as it is: no credentials, no redirects, no second attempt. */
export type Transport = (request: RawRequest) => Promise<Answer>;

/** Three layers at once, and what is asked beside them. */
const CONNECTIONS = 8;

/** A registry reads all of a large blob once more before it says that it is stored. */
const STORING_MS = 300_000;
const SILENCE_MS = 60_000;

/** @param ca - certificates to trust beside those that Node does, as PEM */
export const createTransport = (ca?: string): Transport => {
  const dispatcher = new Agent({
    connections: CONNECTIONS,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    connect: { timeout: 10_000, ...(ca === undefined ? {} : { ca }) },
  });
  return async ({ url, method, headers = {}, body = null, signal }) => {
    const headersTimeout = method === 'PUT' || method === 'PATCH' ? STORING_MS : SILENCE_MS;
    try {
      const answer = await request(url, {
        ...{ method, headers, body, headersTimeout, dispatcher },
        ...(signal ? { signal } : {}),
      });
      return { url, status: answer.statusCode, headers: answer.headers, body: answer.body };
    } catch (cause) {
      throw unreachable(url, cause);
    }
  };
};

/** Nothing but a lost connection; what the body itself failed with stays what it is. */
const unreachable = (url: URL, cause: unknown): SlipwayError => {
  if (isSlipwayError(cause)) return cause;
  const reason = cause instanceof Error ? ((cause as { code?: string }).code ?? cause.name) : 'unknown';
  return new SlipwayError('TEMPORARILY_UNAVAILABLE', `the registry at '${url.host}' did not answer (${reason})`, {
    cause,
  });
};

/** The whole body; throws INVALID_STATE when it is larger than any manifest may be. */
export const readBytes = async ({ url, body }: Answer): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += (chunk as Buffer).length;
      if (size > MAX_MANIFEST_BYTES) {
        throw new SlipwayError('INVALID_STATE', `'${url.host}' answers with more than ${MAX_MANIFEST_BYTES} bytes`);
      }
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    throw unreachable(url, cause);
  }
  return new Uint8Array(Buffer.concat(chunks));
};

/** @throws SlipwayError TEMPORARILY_UNAVAILABLE when it is no JSON, as what stands before a registry may answer */
export const readJson = async (answer: Answer): Promise<unknown> => {
  const text = new TextDecoder().decode(await readBytes(answer));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `'${answer.url.host}' answers with what is no JSON`, { cause });
  }
};

/** The answer when it has one of these statuses, else throws what the registry said. */
export const expectStatus = async (answer: Answer, doing: string, ...statuses: readonly number[]): Promise<Answer> => {
  if (statuses.includes(answer.status)) return answer;
  const body = new TextDecoder().decode(await readBytes(answer).catch(() => new Uint8Array()));
  throw fromRefusal(doing, { status: answer.status, retryAfter: headerOf(answer, 'retry-after'), body });
};

export const headerOf = ({ headers }: Answer, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Throws away what is left, so that the connection can be used again. */
export const discard = ({ body }: Answer): Promise<void> => body.dump().catch(() => undefined);
