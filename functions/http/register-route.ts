import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { type AnswerServices, answer, type HttpRequestParts } from '../../shared/platform/http/answer.ts';
import type { AnyRoute, HttpAnswer, Method } from '../../shared/platform/http/route.ts';

/**
 * Registers one route with the host. The host's own level is anonymous for all: MLflow clients cannot send function
 * keys, so `answer` checks the access token itself, for every route that is not public.
 */
export const registerRoute = <Services extends AnswerServices>(
  route: AnyRoute<Services>,
  services: Services,
  methods: readonly Method[] = [route.method],
): void => {
  app.http(route.name, {
    methods: [...methods],
    authLevel: 'anonymous',
    route: route.path,
    handler: async (request) => toResponse(await answer(route, fromRequest(route, request), services)),
  });
};

const fromRequest = (route: Pick<AnyRoute<never>, 'body'>, request: HttpRequest): HttpRequestParts => ({
  params: request.params,
  query: request.query,
  contentType: request.headers.get('content-type') ?? undefined,
  header: (name) => request.headers.get(name) ?? undefined,
  text: () => request.text(),
  // Taking the stream locks the body, so only routes that read it themselves get it.
  stream:
    route.body === 'stream' && request.body !== null ? Readable.fromWeb(request.body as ReadableStream) : undefined,
});

const toResponse = ({ status = 200, headers, json, text, stream }: HttpAnswer): HttpResponseInit => ({
  status,
  headers: { ...headers },
  ...(json === undefined ? {} : { jsonBody: json }),
  ...(text === undefined ? {} : { body: text }),
  ...(stream === undefined ? {} : { body: Readable.toWeb(stream) as never }),
});
