import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body; undefined for what is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare whatever came with a literal
  readonly json: any;
}

export interface CallOptions {
  /** Bytes and text are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request on a connection of its own, its path sent byte for byte: `fetch` would resolve `..` before it leaves. */
export const callRaw = (
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: CallOptions = {},
): Promise<Reply> => {
  const { hostname, port } = new URL(url);
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        hostname,
        port,
        method,
        path,
        agent: false,
        headers: {
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      },
      (response) => {
        buffer(response).then((bytes) => {
          const text = bytes.toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
        }, reject);
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
