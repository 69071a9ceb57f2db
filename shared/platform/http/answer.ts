import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ANONYMOUS, type Caller } from '../access/caller.ts';
import { clientAddress } from '../access/client-address.ts';
import { HTTP_STATUS, toSlipwayError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { type AccessPolicy, authenticate, NOBODY } from './access.ts';
import { authorizeInput, authorizeRoute } from './authorize.ts';
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
 * Runs one request: who calls, what was asked, whether he may, the route's work. Never throws: every failure is
 * rendered in the route's dialect.
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
    const caller = await callerOf(route, request, { access: services.access, correlationId });
    authorizeRoute(route, caller);
    const input = await readInput(route, request);
    authorizeInput(route, caller, input);
    const result = await route.handle(input as never, services, contextOf(request, { correlationId, log, caller }));
    return { ...result, headers: { ...result.headers, 'x-correlation-id': correlationId } };
  } catch (cause) {
    const error = toSlipwayError(cause);
    if (HTTP_STATUS[error.code] >= 500)
      log.error({ code: error.code, stack: (error.cause as Error)?.stack }, error.message);
    const rendered = renderError(error, route.dialect, correlationId);
    return { ...rendered, headers: { ...rendered.headers, 'x-correlation-id': correlationId } };
  }
};

/** On a public route nobody is asked. */
const callerOf = async (
  route: AnyRoute<never>,
  request: HttpRequestParts,
  { access, correlationId }: { access: AccessPolicy; correlationId: string },
): Promise<Caller> =>
  route.access === 'public'
    ? NOBODY
    : authenticate(access, {
        authorization: request.header('authorization'),
        address: clientAddress(request.header('x-forwarded-for')),
        route: route.name,
        cause: { causedBy: correlationId, correlationId },
      });

const contextOf = (
  request: HttpRequestParts,
  { correlationId, log, caller }: { correlationId: string; log: Logger; caller: Caller },
): RequestContext => {
  const unquoted = (name: string): string | undefined => request.header(name)?.replace(/^"(.*)"$/, '$1');
  const ifMatch = unquoted('if-match');
  const ifNoneMatch = unquoted('if-none-match');
  const contentType = request.contentType;
  const { actor } = caller;
  return {
    cause: { causedBy: correlationId, correlationId, ...(actor === ANONYMOUS ? {} : { actor }) },
    log,
    actor,
    caller,
    header: (name) => request.header(name),
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(request.stream === undefined ? {} : { stream: request.stream }),
  };
};
