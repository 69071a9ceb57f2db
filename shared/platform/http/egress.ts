import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type Readable, Transform } from 'node:stream';
import ipaddr from 'ipaddr.js';
import { Agent, fetch, request } from 'undici';
import { SlipwayError } from '../errors.ts';

/** Whether addresses that are not public may be called: only where somebody switched it on, for tests. */
export type PrivateEgress = 'refuse' | 'allow';

/** Sends to URLs that users gave. */
export interface Egress {
  /**
   * The status and the first 2 KiB of the answer.
   *
   * @throws SlipwayError PERMISSION_DENIED for an address that may not be called; TEMPORARILY_UNAVAILABLE when nobody
   * answers within the time-out
   */
  post(
    url: string,
    request: { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly timeoutMs: number },
  ): Promise<{ status: number; body: string; retryAfter: string | undefined }>;
  /**
   * The answer as it comes; of headers that repeat, the first. The caller reads the body to its end or destroys it; it fails with PAYLOAD_TOO_LARGE after
   * `maxBytes`, and with TEMPORARILY_UNAVAILABLE when it is broken off or pauses longer than the time-out.
   *
   * @throws SlipwayError as `post`
   */
  get(
    url: string,
    request: {
      readonly headers: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
      readonly maxBytes: number;
    },
  ): Promise<{ status: number; headers: Readonly<Record<string, string | undefined>>; body: Readable }>;
}

const MAX_ANSWER_BYTES = 2048;

/** True for globally routable unicast addresses. Everything else is loopback, private, link-local, multicast or reserved. */
export const isPublicAddress = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';

/**
 * The URL, when it may be called as far as its text tells; names are checked again when they are resolved.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE saying what is wrong with it
 */
export const checkEgressUrl = (text: string, privateEgress: PrivateEgress): URL => {
  const url = URL.parse(text);
  if (url === null) throw new SlipwayError('INVALID_PARAMETER_VALUE', 'the URL cannot be parsed');
  if (url.username !== '' || url.password !== '') {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', 'the URL must not hold credentials');
  }
  if (privateEgress === 'allow' && url.protocol === 'http:') return url;
  if (url.protocol !== 'https:') throw new SlipwayError('INVALID_PARAMETER_VALUE', 'the URL must begin with https://');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (privateEgress === 'refuse' && ipaddr.isValid(host) && !isPublicAddress(host)) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `the URL must not point at a private address (${host})`);
  }
  return url;
};

/**
 * An egress that resolves names itself and connects only to the address it has checked, so that a name cannot be
 * rebound between check and use. Follows no redirects.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export const createEgress = (privateEgress: PrivateEgress): Egress => {
  const guardedLookup: LookupFunction = (host, options, callback) =>
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const refused = addresses?.find(({ address }) => privateEgress === 'refuse' && !isPublicAddress(address));
      const first = addresses?.[0];
      if (error !== null) callback(error, []);
      else if (refused !== undefined || first === undefined) callback(new EgressRefused(host), []);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  const dispatcher = new Agent({ connect: { lookup: guardedLookup } });
  return {
    async post(url, { headers, body, timeoutMs }) {
      checkEgressUrl(url, privateEgress);
      try {
        const answer = await fetch(url, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          dispatcher,
          signal: AbortSignal.timeout(timeoutMs),
        });
        return {
          status: answer.status,
          body: await firstBytes(answer),
          retryAfter: answer.headers.get('retry-after') ?? undefined,
        };
      } catch (cause) {
        throw toEgressError(cause, new URL(url).hostname);
      }
    },
    async get(url, { headers, timeoutMs, maxBytes }) {
      const { hostname } = checkEgressUrl(url, privateEgress);
      try {
        const answer = await request(url, {
          headers: { ...headers, 'accept-encoding': 'identity' },
          dispatcher,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        });
        const single = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat()[0]] as const);
        const body = bounded(answer.body, maxBytes, hostname);
        return { status: answer.statusCode, headers: Object.fromEntries(single), body };
      } catch (cause) {
        throw toEgressError(cause, hostname);
      }
    },
  };
};

/** The same bytes, as far as the limit; ends the other side when the reader goes away. */
const bounded = (body: Readable, maxBytes: number, host: string): Readable => {
  let size = 0;
  const out = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      if (size <= maxBytes) done(null, chunk);
      else done(new SlipwayError('PAYLOAD_TOO_LARGE', `'${host}' sends more than the ${maxBytes} bytes it may`));
    },
  });
  body.once('error', (cause) => out.destroy(toEgressError(cause, host)));
  out.once('close', () => body.destroy());
  return body.pipe(out);
};

class EgressRefused extends Error {
  override readonly name = 'EgressRefused';
  constructor(host: string) {
    super(`'${host}' resolves to an address that is not public`);
  }
}

const firstBytes = async (answer: Awaited<ReturnType<typeof fetch>>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
};

const toEgressError = (cause: unknown, host: string): SlipwayError => {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (inner instanceof EgressRefused) return new SlipwayError('PERMISSION_DENIED', inner.message, { cause });
  const reason = inner instanceof Error ? ((inner as { code?: string }).code ?? inner.name) : 'unknown';
  return new SlipwayError('TEMPORARILY_UNAVAILABLE', `'${host}' did not answer (${reason})`, { cause });
};
