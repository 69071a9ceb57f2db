import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RpcTypedData } from '../core-types.ts';
import type { HostFunction } from '../indexing.ts';
import type { Invoker } from '../invoke.ts';
import type { LibraryResponse, LoadedApp } from '../load-app.ts';
import { discardRest } from './exchange.ts';

export interface StreamedOptions {
  readonly invoker: Invoker;
  readonly HttpResponse: LoadedApp['HttpResponse'];
  readonly offerToProxy: RequestListener;
  /** Ways to end the event streams that are open: they would never end by themselves when the host stops. */
  readonly eventStreams: Set<() => void>;
}

export interface HttpCall {
  readonly fn: HostFunction;
  readonly params: Readonly<Record<string, string>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Runs an HTTP function through the library's stream proxy: neither body is ever held in memory as a whole. */
export const invokeStreamed = async (options: StreamedOptions, call: HttpCall): Promise<void> => {
  const { invoker, HttpResponse, offerToProxy } = options;
  const { fn, request, response } = call;
  const invocationId = randomUUID();
  const triggerMetadata = metadataOf(call);
  // The contract of the proxy: the invocation by this header, the public address by these two.
  request.headers['x-ms-invocation-id'] = invocationId;
  request.headers['x-forwarded-host'] = request.headers.host ?? 'localhost';
  request.headers['x-forwarded-proto'] = 'http';
  offerToProxy(request, response);
  try {
    await invoker.invoke(fn, {
      invocationId,
      input: {},
      triggerMetadata,
      traceparent: single(request.headers['traceparent']),
      tracestate: single(request.headers['tracestate']),
      reason: `${request.method} ${call.request.url?.split('?')[0]}`,
      onResult: (result) => paceBody(toLibraryResponse(HttpResponse, result), response, options.eventStreams),
      onError: async (respond) => {
        if (!response.headersSent) await respond(new HttpResponse({ status: 500 })).catch(() => {});
      },
    });
  } catch {
    failPlainly(response);
  } finally {
    discardRest(request);
  }
};

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const metadataOf = ({ params, request }: HttpCall): Record<string, RpcTypedData> => {
  const metadata: Record<string, RpcTypedData> = {};
  for (const [name, value] of Object.entries(params)) metadata[name] = { string: value };
  metadata['Headers'] = { json: JSON.stringify(request.headers) };
  return metadata;
};

/** No result means 204; the library sends nothing for it by itself. What is no object, the library refuses. */
const toLibraryResponse = (HttpResponse: LoadedApp['HttpResponse'], result: unknown): unknown => {
  if (result === undefined || result === null) return new HttpResponse({ status: 204 });
  return result instanceof HttpResponse || typeof result !== 'object' ? result : new HttpResponse(result);
};

/**
 * Lets the library take the next chunk only when the connection can hold it, and ends the handler's stream when the
 * client goes. The library writes as fast as the handler produces, so a slow client would fill the memory.
 */
const paceBody = (result: unknown, response: ServerResponse, eventStreams: Set<() => void>): unknown => {
  const { body, headers } = (typeof result === 'object' ? result : {}) as Partial<LibraryResponse>;
  if (!body) return result;
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  const isEventStream = headers?.get('content-type')?.startsWith('text/event-stream') === true;
  if (isEventStream) eventStreams.add(cancel);
  response.once('close', () => {
    eventStreams.delete(cancel);
    cancel();
  });
  return Object.defineProperty(result, 'body', { value: { values: () => chunks(reader, response, isEventStream) } });
};

async function* chunks(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  response: ServerResponse,
  flushFirst: boolean,
): AsyncGenerator<Uint8Array> {
  // A client of an event stream waits for the head of the answer, not for the first event.
  if (flushFirst) response.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
    if (response.writableNeedDrain) await drained(response);
  }
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });

/** For an answer that the library could not give: 500 without a body, or the cut of a body that was under way. */
const failPlainly = (response: ServerResponse): void => {
  if (response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.end();
};
