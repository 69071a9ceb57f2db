import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { HostFunction } from '../indexing.ts';
import { type Access, type HostKeys, opens } from '../keys.ts';
import { describeError, type Log } from '../log.ts';
import { answerText, type Exchange } from './exchange.ts';
import type { HttpCall } from './invoke-streamed.ts';
import { type Router, routePath } from './router.ts';

interface HttpRoutes {
  readonly functions: Router<HostFunction>;
  readonly invokeHttp: (call: HttpCall) => Promise<void>;
  readonly eventGrid: (exchange: Exchange) => Promise<void>;
  readonly admin: (exchange: Exchange) => Promise<void>;
}

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly routes: HttpRoutes;
  /** Undefined: every key is accepted, as Core Tools does on a developer's machine. */
  readonly keys: HostKeys | undefined;
  readonly log: Log;
}

export interface RunningServer {
  readonly url: string;
  readonly server: Server;
  /** Closes every connection on which no request is under way. */
  hangUp(): void;
}

/** Listens. @throws Error when the port is taken */
export const serveHttp = async (options: ServeOptions): Promise<RunningServer> => {
  const server = createServer((request, response) => {
    handle(options, request, response).catch((error: unknown) => {
      options.log('error', 'Host.Http', `${request.method} ${request.url} failed in the host`, {
        error: describeError(error),
      });
      if (!response.headersSent) answerText(response, 500);
      else response.destroy();
    });
  });
  // A large upload may take longer than Node's five minutes, and clients keep connections for a while.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const name = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { server, url: `http://${name}:${port}`, hangUp: hangUpOn(server) };
};

/** Node counts a connection as busy on which a client has not sent anything yet; such a one would hold up the end. */
const hangUpOn = (server: Server): (() => void) => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () => {
    server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  };
};

const handle = async (options: ServeOptions, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const [rawPath = '/', ...queries] = (request.url ?? '/').split('?');
  // An absolute URL or `*` is for proxies; a host name that is none would break the library's URL.
  if (!rawPath.startsWith('/') || !isHostName(request.headers.host)) return answerText(response, 400);
  const exchange: Exchange = {
    request,
    response,
    path: routePath(rawPath),
    query: new URLSearchParams(queries.join('?')),
  };
  const { routes } = options;
  if (/^admin(\/|$)/i.test(exchange.path)) {
    return guard(options, exchange, { kind: 'admin' }, () => routes.admin(exchange));
  }
  if (/^runtime\/webhooks\/eventgrid$/i.test(exchange.path)) {
    return guard(options, exchange, { kind: 'system', key: 'eventgrid_extension' }, () => routes.eventGrid(exchange));
  }
  const match = routes.functions.match(request.method ?? 'GET', exchange.path);
  if (match === undefined) return answerText(response, 404);
  const { target: fn, params } = match;
  const run = () => routes.invokeHttp({ fn, params, request, response });
  const level = String(fn.options['authLevel'] ?? 'function').toLowerCase();
  if (level === 'anonymous') return run();
  return guard(
    options,
    exchange,
    level === 'function' ? { kind: 'function', functionName: fn.name } : { kind: 'admin' },
    run,
  );
};

const isHostName = (host: string | undefined): boolean => host === undefined || /^[\w.:[\]-]+$/.test(host);

const guard = async (options: ServeOptions, exchange: Exchange, access: Access, run: () => Promise<void>) => {
  if (options.keys === undefined) return run();
  const header = exchange.request.headers['x-functions-key'];
  const given = (Array.isArray(header) ? header[0] : header) ?? exchange.query.get('code') ?? undefined;
  if (opens(options.keys, given, access)) return run();
  answerText(exchange.response, 401);
};
