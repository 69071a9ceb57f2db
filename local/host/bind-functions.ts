import { createChangeFeedListener } from './change-feed.ts';
import type { Registration } from './core-api.ts';
import { Router } from './http/router.ts';
import { type HostFunction, type IndexedFunction, indexFunctions } from './indexing.ts';
import type { Listener, ListenerContext } from './listener.ts';
import type { Log } from './log.ts';
import { createQueueListener } from './queue.ts';
import { createTimerListener } from './timer.ts';

export interface BoundFunctions {
  readonly functions: readonly IndexedFunction[];
  readonly router: Router<HostFunction>;
  readonly eventGrid: ReadonlyMap<string, HostFunction>;
  readonly listeners: readonly Listener[];
}

/** Ties each function to what triggers it; one that cannot be tied is refused. */
export const bindFunctions = (
  registrations: Iterable<Registration>,
  context: ListenerContext,
  routePrefix: string,
): BoundFunctions => {
  const router = new Router<HostFunction>(routePrefix);
  const eventGrid = new Map<string, HostFunction>();
  const listeners: Listener[] = [];
  const functions = indexFunctions(registrations, context.settings).map((indexed) => {
    if (indexed.state !== 'ready') return indexed;
    const { fn } = indexed;
    try {
      bind(fn, { context, router, eventGrid, listeners });
      return indexed;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { state: 'refused' as const, name: fn.name, trigger: fn.trigger, reason };
    }
  });
  return { functions, router, eventGrid, listeners };
};

interface Bindings {
  readonly context: ListenerContext;
  readonly router: Router<HostFunction>;
  readonly eventGrid: Map<string, HostFunction>;
  readonly listeners: Listener[];
}

const bind = (fn: HostFunction, { context, router, eventGrid, listeners }: Bindings): void => {
  switch (fn.trigger) {
    case 'httpTrigger':
      addRoute(fn, router);
      return;
    case 'eventGridTrigger':
      eventGrid.set(fn.name.toLowerCase(), fn);
      return;
    case 'queueTrigger':
      listeners.push(createQueueListener(context, fn));
      return;
    case 'timerTrigger':
      listeners.push(createTimerListener(context, fn));
      return;
    case 'cosmosDBTrigger':
      listeners.push(createChangeFeedListener(context, fn));
  }
};

const addRoute = (fn: HostFunction, router: Router<HostFunction>): void => {
  const route = String(fn.options['route'] ?? fn.name);
  if (/^\/*(admin|runtime)(\/|$)/i.test(route)) throw new Error(`route '${route}' belongs to the host itself`);
  router.add({ route, methods: (fn.options['methods'] as string[] | undefined) ?? ['GET', 'POST'], target: fn });
};

/** Says of one function whether it runs, and if not, why. */
export const reportFunction = (log: Log, indexed: IndexedFunction): void => {
  if (indexed.state === 'ready') {
    log('information', 'Host.Startup', `'${indexed.fn.name}' is served (${indexed.fn.trigger})`);
  } else if (indexed.state === 'disabled') {
    log('information', 'Host.Startup', `'${indexed.name}' is disabled (${indexed.trigger})`);
  } else {
    log('error', 'Host.Startup', `'${indexed.name}' is NOT served (${indexed.trigger}): ${indexed.reason}`, {
      functionName: indexed.name,
    });
  }
};
