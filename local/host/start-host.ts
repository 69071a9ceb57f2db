import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Clock, systemClock } from '../../shared/platform/time.ts';
import { bindFunctions, reportFunction } from './bind-functions.ts';
import { closer } from './drain.ts';
import { serveEventGrid } from './event-grid.ts';
import { readHostJson } from './host-json.ts';
import { serveAdmin } from './http/admin.ts';
import { httpInvoker } from './http/http-invoker.ts';
import { serveHttp } from './http/serve-http.ts';
import type { IndexedFunction } from './indexing.ts';
import { createInvoker } from './invoke.ts';
import { type HostKeys, loadKeys } from './keys.ts';
import type { ListenerContext } from './listener.ts';
import { type LoadedApp, loadApp, runAppHooks } from './load-app.ts';
import { createLog, type HostLogLine, type Log } from './log.ts';
import type { Settings } from './settings.ts';

const DEFAULT_QUEUE_LEASE_MS = 30_000;

export interface HostOptions {
  /** The module that registers the functions. */
  readonly appEntry: string | URL;
  readonly hostJson: string | URL;
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  /** App settings. The app finds them in its environment. */
  readonly settings: Settings;
  /** Keeps timer statuses and keys. */
  readonly dataDir: string;
  readonly enforceKeys: boolean;
  /** Absent with `enforceKeys`: the keys of `keys.json` in the data folder, made by the first start. */
  readonly keys?: HostKeys;
  readonly onLog?: (line: HostLogLine) => void;
  /** Stops the host like `close`. */
  readonly stopSignal?: AbortSignal;
  /** How long a dequeued message stays hidden without renewal; a killed host's messages come back after it. */
  readonly queueLeaseMs?: number;
  readonly clock?: Clock;
}

export interface RunningHost {
  readonly url: string;
  readonly functions: readonly IndexedFunction[];
  /** Takes nothing new, waits at most 5 s for what runs, and ends. */
  close(): Promise<void>;
}

/**
 * Runs an app's functions in this process, with the real `@azure/functions` library. A function that cannot be
 * served is refused by itself; the others run.
 *
 * @throws Error when the entry point throws, host.json is not valid or the port is taken
 */
export const startHost = async (options: HostOptions): Promise<RunningHost> => {
  const hostJson = await readHostJson(toUrl(options.hostJson));
  const log = createLog(hostJson.logging.logLevel, options.onLog ?? (() => {}));
  await mkdir(options.dataDir, { recursive: true });
  const app = await startApp(options, log);
  const invoker = createInvoker({ ...app, log, functionTimeoutMs: hostJson.functionTimeout });
  const context = listenerContext(options, { queues: hostJson.extensions.queues, log, invoker });
  const bound = bindFunctions(app.registry.registrations.values(), context, hostJson.extensions.http.routePrefix);
  for (const indexed of bound.functions) reportFunction(log, indexed);
  const http = httpInvoker(app, invoker);
  const running = await serveHttp({
    host: options.host ?? '127.0.0.1',
    port: options.port,
    log,
    keys: options.enforceKeys ? (options.keys ?? (await loadKeys(options.dataDir))) : undefined,
    routes: {
      functions: bound.router,
      invokeHttp: http.invoke,
      eventGrid: serveEventGrid(bound.eventGrid, invoker),
      admin: serveAdmin({ functions: bound.functions, invoker }),
    },
  });
  const stop = new AbortController();
  const listeners = bound.listeners.map((listener) => listener.run(stop.signal));
  const close = closer({ app, log, invoker, running, stop, listeners, endEventStreams: http.endEventStreams });
  options.stopSignal?.addEventListener('abort', () => void close(), { once: true });
  return { url: running.url, functions: bound.functions, close };
};

/** The app with its start hooks run; from then on it can register no more. */
const startApp = async ({ appEntry, settings }: HostOptions, log: Log): Promise<LoadedApp> => {
  Object.assign(process.env, settings);
  const app = await loadApp(toUrl(appEntry));
  app.registry.onSystemLog = (level, _, message) => log(level, 'Host.Worker', message);
  await runAppHooks(app, 'appStart');
  app.registry.locked = true;
  return app;
};

const listenerContext = (
  options: HostOptions,
  parts: Pick<ListenerContext, 'queues' | 'log' | 'invoker'>,
): ListenerContext => ({
  ...parts,
  settings: options.settings,
  queueLeaseMs: options.queueLeaseMs ?? DEFAULT_QUEUE_LEASE_MS,
  dataDir: path.resolve(options.dataDir),
  clock: options.clock ?? systemClock,
});

const toUrl = (location: string | URL): URL => {
  if (location instanceof URL) return location;
  return location.startsWith('file:') ? new URL(location) : pathToFileURL(path.resolve(location));
};
