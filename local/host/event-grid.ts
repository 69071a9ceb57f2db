import { answerJson, answerText, type Exchange, readBody } from './http/exchange.ts';
import type { HostFunction } from './indexing.ts';
import type { Invoker } from './invoke.ts';

/** Event Grid sends at most 1 MB; the rest is room for its envelope. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** Who may ask in the CloudEvents handshake: Event Grid of the public cloud and of the four others. */
const ORIGINS = [
  'eventgrid.azure.net',
  'eventgrid.azure.us',
  'eventgrid.azure.cn',
  'eventgrid.azure.eaglex.ic.gov',
  'eventgrid.azure.microsoft.scloud',
];

/**
 * The Event Grid extension's webhook. Each event of a delivery is an invocation of its own, all in parallel; one
 * that fails fails the delivery, so Event Grid sends all of them again.
 *
 * @see https://github.com/Azure/azure-sdk-for-net `HttpRequestProcessor.cs` of the Event Grid extension
 */
export const serveEventGrid =
  (functions: ReadonlyMap<string, HostFunction>, invoker: Invoker) =>
  async ({ request, response, query }: Exchange): Promise<void> => {
    const name = query.get('functionName') ?? '';
    const fn = functions.get(name.toLowerCase());
    if (fn === undefined) return answerText(response, 404, `cannot find function: '${name}'`);
    if (request.method === 'OPTIONS') {
      const asked = String(request.headers['webhook-request-origin'] ?? '').toLowerCase();
      response.setHeader('webhook-allowed-origin', ORIGINS.includes(asked) ? asked : 'eventgrid.azure.net');
      return answerText(response, 200);
    }
    const kind = String(request.headers['aeg-event-type'] ?? '').toLowerCase();
    if (request.method !== 'POST') return answerText(response, 400);
    if (kind === 'unsubscribe') return answerText(response, 202);
    if (kind !== 'subscriptionvalidation' && kind !== 'notification') return answerText(response, 400);
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return answerText(response, 413);
    const events = parseEvents(body);
    if (events === undefined) return answerText(response, 400, 'the body is neither an event nor a list of events');
    if (kind === 'subscriptionvalidation') {
      const code = validationCode(events[0]);
      if (code === undefined) return answerText(response, 400, 'the event has no validation code');
      return answerJson(response, 200, { validationResponse: code });
    }
    const failure = await runAll(fn, invoker, events);
    answerText(response, failure === undefined ? 202 : 500, failure);
  };

type Json = Readonly<Record<string, unknown>>;

const parseEvents = (body: Buffer): readonly Json[] | undefined => {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    const events: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    return events.every((event) => typeof event === 'object' && event !== null) ? (events as Json[]) : undefined;
  } catch {
    return undefined;
  }
};

/** A CloudEvent may carry its data as JSON inside a string. */
const validationCode = (event: Json | undefined): string | undefined => {
  let data = event?.['data'];
  try {
    if (typeof data === 'string') data = JSON.parse(data);
  } catch {
    return undefined;
  }
  const code = (data as Json | undefined)?.['validationCode'];
  return typeof code === 'string' ? code : undefined;
};

/** The message of the first failure, or undefined. */
const runAll = async (fn: HostFunction, invoker: Invoker, events: readonly Json[]): Promise<string | undefined> => {
  const runs = events.map((event) =>
    invoker.invoke(fn, {
      input: { json: JSON.stringify(event) },
      triggerMetadata: { data: { json: JSON.stringify(event['data'] ?? null) } },
      traceparent: typeof event['traceparent'] === 'string' ? event['traceparent'] : undefined,
      reason: `event ${String(event['id'])}`,
    }),
  );
  const failed = (await Promise.allSettled(runs)).find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return undefined;
  return failed.reason instanceof Error ? failed.reason.message : String(failed.reason);
};
