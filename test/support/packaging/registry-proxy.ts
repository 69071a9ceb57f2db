import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with the next request that fits. */
export interface Fault {
  readonly method: string;
  /** Part of the path and query. */
  readonly path?: string;
  readonly does: /** Answers itself; the registry never sees the request. */
    | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
    /** Breaks both connections once this many bytes of the body have gone through. */
    | { readonly kind: 'cut'; readonly afterBytes: number }
    /** Breaks the client's connection after so many bytes, which the registry keeps and says that it has. */
    | { readonly kind: 'cut-and-keep'; readonly afterBytes: number }
    /** Breaks the connection when the registry has answered, and keeps the answer. */
    | { readonly kind: 'lose-answer' }
    /** Passes the request on, and something else back. */
    | { readonly kind: 'change-answer'; readonly status?: number; readonly headers?: Readonly<Record<string, string>> };
}

export interface RegistryProxy {
  readonly host: string;
  /** Each is met once, in this order. */
  readonly faults: Fault[];
  /** Every request, as in `PATCH /v2/models/a/blobs/uploads`, without ids and queries. */
  readonly seen: string[];
  /** Bytes of bodies that came in. */
  bodyBytes(): number;
  close(): Promise<void>;
}

/** Stands before a registry and spoils requests. */
export const startRegistryProxy = async (target: string): Promise<RegistryProxy> => {
  const { hostname, port } = new URL(target);
  const faults: Fault[] = [];
  const seen: string[] = [];
  let bytes = 0;
  /** How far a session got whose connection was broken. */
  const state: { kept: OutgoingHttpHeaders | undefined } = { kept: undefined };

  const takeFault = ({ method, url = '' }: IncomingMessage): Fault['does'] | undefined => {
    const at = faults.findIndex((fault) => fault.method === method && url.includes(fault.path ?? ''));
    return at < 0 ? undefined : faults.splice(at, 1)[0]?.does;
  };

  const server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${(incoming.url ?? '').replace(/\?.*$/, '').replace(/(uploads)\/.*$/, '$1')}`);
    const fault = takeFault(incoming);
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    incoming.on('error', () => undefined);
    if (fault?.kind === 'answer') {
      outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      outgoing.end('{"errors":[{"code":"DENIED","message":"by the proxy"}]}');
      incoming.resume();
      return;
    }
    const { kept } = state;
    if (incoming.method === 'GET' && kept !== undefined && incoming.url?.includes('/blobs/uploads/')) {
      state.kept = undefined;
      outgoing.writeHead(204, kept).end();
      return;
    }
    const keep = (headers: OutgoingHttpHeaders): void => {
      state.kept = headers;
    };
    forward({ hostname, port }, incoming, outgoing, fault, keep);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    seen,
    bodyBytes: () => bytes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const forward = (
  target: { readonly hostname: string; readonly port: string },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Fault['does'] | undefined,
  keep: (headers: OutgoingHttpHeaders) => void,
): void => {
  const { method, url: path } = incoming;
  const { 'content-length': length, 'content-range': range, ...others } = incoming.headers;
  // What is kept is a whole request of its own to the registry, whose length is not known beforehand.
  const keeps = fault?.kind === 'cut-and-keep';
  const headers = keeps
    ? others
    : { ...others, ...(length && { 'content-length': length }), ...(range && { 'content-range': range }) };
  const upstream = request({ ...target, method, path, headers, agent: false }, (answer) => {
    if (fault?.kind === 'lose-answer' || keeps) {
      answer.resume();
      answer.once('end', () => {
        if (keeps) keep({ range: answer.headers.range, location: answer.headers.location });
        incoming.socket.destroy();
      });
      return;
    }
    const changed = fault?.kind === 'change-answer' ? fault : undefined;
    outgoing.writeHead(changed?.status ?? answer.statusCode ?? 502, { ...answer.headers, ...changed?.headers });
    answer.pipe(outgoing);
  });
  upstream.on('error', () => incoming.socket.destroy());
  if (fault?.kind !== 'cut' && fault?.kind !== 'cut-and-keep') {
    incoming.pipe(upstream);
    return;
  }
  let left = fault.afterBytes;
  incoming.on('data', (chunk: Buffer) => {
    if (left <= 0) return;
    const part = chunk.subarray(0, left);
    left -= part.length;
    upstream.write(part, () => {
      if (left > 0) return;
      if (keeps) {
        upstream.end();
        return;
      }
      upstream.destroy();
      incoming.socket.destroy();
    });
  });
};
