import type { ServerResponse } from 'node:http';
import type { RpcHttpRequest, RpcHttpResponse } from '../core-types.ts';
import type { Invoker } from '../invoke.ts';
import { serializeCookie } from './cookies.ts';
import { answerText, readBody } from './exchange.ts';
import type { HttpCall } from './invoke-streamed.ts';

/** The real host's limit for a body that is not streamed. */
const MAX_BODY_BYTES = 104_857_600;

/** Runs an HTTP function of an app that has not turned streaming on: both bodies go through memory. */
export const invokeBuffered = async (invoker: Invoker, call: HttpCall): Promise<void> => {
  const { fn, request, response } = call;
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return answerText(response, 413);
  const { traceparent, tracestate } = request.headers;
  try {
    const { returnValue } = await invoker.invoke(fn, {
      input: { http: toRpcRequest(call, body) },
      traceparent: traceparent as string | undefined,
      tracestate: tracestate as string | undefined,
      reason: `${request.method} ${request.url?.split('?')[0]}`,
    });
    if (returnValue?.http) send(response, returnValue.http);
    else answerText(response, 204);
  } catch {
    if (!response.headersSent) answerText(response, 500);
  }
};

const toRpcRequest = ({ request, params }: HttpCall, body: Buffer): RpcHttpRequest => {
  const method = request.method ?? 'GET';
  const headers = Object.entries(request.headersDistinct).map(
    ([name, values = []]) => [name, { value: values.join(name === 'cookie' ? '; ' : ', ') }] as const,
  );
  return {
    method,
    url: `http://${request.headers.host ?? 'localhost'}${request.url}`,
    nullableHeaders: Object.fromEntries(headers),
    nullableParams: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { value }])),
    ...(method !== 'GET' && method !== 'HEAD' && body.length > 0 && { body: { bytes: body } }),
  };
};

const send = (response: ServerResponse, result: RpcHttpResponse): void => {
  response.statusCode = Number(result.statusCode);
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
  const cookies = (result.cookies ?? []).map(serializeCookie);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.end(result.body?.bytes);
};
