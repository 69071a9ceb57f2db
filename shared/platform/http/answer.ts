import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { HTTP_STATUS, toSlipwayError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { type AccessPolicy, authenticate } from './access.ts';
import { type RawRequest, readInput } from './read-input.ts';
import { renderError } from './render-error.ts';
import type { AnyRoute, HttpAnswer, RequestContext } from './route.ts';

export interface HttpRequestParts extends RawRequest {
  header(name: string): string | undefined;
  readonly stream: Readable | undefined;
}

export interface AnswerServices {
  readonly log: Logger;
  readonly access: AccessPolicy;
}

/** A client's correlation id is taken over only in this form: it goes into logs, entries and headers. */
const CORRELATION_ID = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * Runs one request: who calls, what was asked, the route's work. Never throws: every failure is rendered in the
 * route's dialect.
 */
export const answer = async <Services extends AnswerServices>(
  route: AnyRoute<Services>,
  request: HttpRequestParts,
  services: Services,
): Promise<HttpAnswer> => {
  const asked = request.header('x-correlation-id');
  const correlationId = asked !== undefined && CORRELATION_ID.test(asked) ? asked : randomUUID();
  const log = services.log.child({ route: route.name, correlationId });
  try {
    const actor =
      route.access === 'public' ? 'anonymous' : authenticate(services.access, request.header('authorization'));
    const input = await readInput(route, request);
    const result = await route.handle(input as never, services, contextOf(request, { correlationId, log, actor }));
    return { ...result, headers: { ...result.headers, 'x-correlation-id': correlationId } };
  } catch (cause) {
    const error = toSlipwayError(cause);
    if (HTTP_STATUS[error.code] >= 500)
      log.error({ code: error.code, stack: (error.cause as Error)?.stack }, error.message);
    const rendered = renderError(error, route.dialect, correlationId);
    return { ...rendered, headers: { ...rendered.headers, 'x-correlation-id': correlationId } };
  }
};

const contextOf = (
  request: HttpRequestParts,
  { correlationId, log, actor }: { correlationId: string; log: Logger; actor: string },
): RequestContext => {
  const unquoted = (name: string): string | undefined => request.header(name)?.replace(/^"(.*)"$/, '$1');
  const ifMatch = unquoted('if-match');
  const ifNoneMatch = unquoted('if-none-match');
  const contentType = request.contentType;
  return {
    cause: { causedBy: correlationId, correlationId },
    log,
    actor,
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(request.stream === undefined ? {} : { stream: request.stream }),
  };
};
