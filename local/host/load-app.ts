import type { RequestListener, Server } from 'node:http';
import http from 'node:http';
import { createRequire } from 'node:module';
import { type AppRegistry, createRegistry, installCoreApi } from './core-api.ts';
import type { ProgrammingModel } from './core-types.ts';

export const HOST_VERSION = '4.1048.0';

/** The library's `HttpResponse`, seen only as far as the host needs it. */
export interface LibraryResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
}

type LibraryResponseClass = new (init?: object) => LibraryResponse;

export interface LoadedApp {
  readonly registry: AppRegistry;
  readonly model: ProgrammingModel;
  /** The library's class, so that a response made here passes its `instanceof`. */
  readonly HttpResponse: LibraryResponseClass;
  /** Hands a request to the library's stream proxy; undefined when the app has not turned streaming on. */
  readonly offerToProxy: RequestListener | undefined;
}

let loaded: { readonly entry: string; readonly app: Promise<LoadedApp> } | undefined;

/**
 * Imports an app's entry point and collects what it registers.
 *
 * A process can hold one app, because the library and the module cache are global; asking for the same one again
 * gives the first result.
 *
 * @throws Error when the entry point throws, registers nothing, or when another app is already loaded
 */
export const loadApp = (entry: URL): Promise<LoadedApp> => {
  if (loaded === undefined) loaded = { entry: entry.href, app: importApp(entry) };
  if (loaded.entry !== entry.href) {
    return Promise.reject(
      new Error(`this process already runs ${loaded.entry}; start another process for ${entry.href}`),
    );
  }
  return loaded.app;
};

const importApp = async (entry: URL): Promise<LoadedApp> => {
  const registry = createRegistry();
  installCoreApi(registry, HOST_VERSION);
  await import(entry.href);
  const { model } = registry;
  if (model === undefined) throw new Error(`${entry.href} registers no function through @azure/functions`);
  const library = createRequire(entry)('@azure/functions') as { HttpResponse: LibraryResponseClass };
  return { registry, model, HttpResponse: library.HttpResponse, offerToProxy: await openStreamProxy(model) };
};

/**
 * Turns the library's stream proxy on, if the app wants it, and keeps its request listener instead of its port.
 *
 * The real host reaches that server over loopback. Here both are one process, so the request and response objects
 * of the client's own connection are given to it: no second hop, no copy, and no unauthenticated port left open.
 */
const openStreamProxy = async (model: ProgrammingModel): Promise<RequestListener | undefined> => {
  const original = http.createServer;
  const opened: Server[] = [];
  http.createServer = ((...args: Parameters<typeof original>) => {
    const server = original(...args);
    opened.push(server);
    return server;
  }) as typeof original;
  let capabilities: Promise<Record<string, string>>;
  try {
    // The library creates the server before its first await.
    capabilities = model.getCapabilities({});
  } finally {
    http.createServer = original;
  }
  if ((await capabilities).HttpUri === undefined) return undefined;
  const proxy = opened[0];
  if (proxy === undefined) throw new Error('@azure/functions did not open its stream proxy the way this host expects');
  proxy.close();
  return (request, response) => {
    proxy.emit('request', request, response);
  };
};

/** Calls what the app has hooked to its own start or end, in order. */
export const runAppHooks = async ({ registry }: LoadedApp, name: 'appStart' | 'appTerminate'): Promise<void> => {
  for (const callback of registry.hooks[name]) await callback({ hookData: {} });
};
