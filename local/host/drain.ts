import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer } from './http/serve-http.ts';
import type { Invoker } from './invoke.ts';
import { type LoadedApp, runAppHooks } from './load-app.ts';
import { describeError, type Log } from './log.ts';

const DRAIN_MS = 5000;
const HANG_UP_EVERY_MS = 50;

export interface Closing {
  readonly app: LoadedApp;
  readonly log: Log;
  readonly invoker: Invoker;
  readonly running: RunningServer;
  readonly stop: AbortController;
  readonly listeners: readonly Promise<void>[];
  readonly endEventStreams: () => void;
}

/** The way to stop a host: the first call drains it, every call waits for that. */
export const closer = (closing: Closing) => {
  let closed: Promise<void> | undefined;
  return (): Promise<void> => {
    closed ??= drain(closing);
    return closed;
  };
};

const drain = async ({ app, log, invoker, running, stop, listeners, endEventStreams }: Closing): Promise<void> => {
  const { server } = running;
  stop.abort();
  const connectionsEnded = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that is kept alive after its last answer counts as open too.
  running.hangUp();
  const hangingUp = setInterval(running.hangUp, HANG_UP_EVERY_MS);
  endEventStreams();
  const drained = Promise.all([connectionsEnded, ...listeners]);
  const outOfTime = new AbortController();
  const limit = sleep(DRAIN_MS, 'late' as const, { signal: outOfTime.signal }).catch(() => undefined);
  if ((await Promise.race([drained, limit])) === 'late') {
    log('warning', 'Host.Shutdown', `${invoker.running()} invocations were still running after ${DRAIN_MS} ms`);
    server.closeAllConnections();
  }
  clearInterval(hangingUp);
  outOfTime.abort();
  await runAppHooks(app, 'appTerminate').catch((error: unknown) => {
    log('error', 'Host.Shutdown', 'an appTerminate hook failed', { error: describeError(error) });
  });
};
