import { type AnswerServices, answer, type HttpRequestParts } from '../../shared/platform/http/answer.ts';
import type { AnyRoute, HttpAnswer, Method } from '../../shared/platform/http/route.ts';

export interface RequestOptions {
  /** Sent as it is; anything but text as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as `answer` takes it; a body is `application/json` unless the headers say otherwise. */
export const requestOf = (
  url: URL,
  { body, headers = {} }: RequestOptions = {},
  params: Readonly<Record<string, string>> = {},
): HttpRequestParts => {
  const given: Readonly<Record<string, string>> = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  return {
    params,
    query: url.searchParams,
    contentType: given['content-type'],
    header: (name) => given[name],
    text: async () => (body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)),
    stream: undefined,
  };
};

/** The parameters that a path gives to a route, or undefined when it is not the route's. */
const match = (route: string, path: string): Record<string, string> | undefined => {
  const [wanted, given] = [route.split('/'), path.slice(1).split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, segment] of wanted.entries()) {
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    if (name === undefined && segment !== given[at]) return undefined;
    if (name !== undefined) params[name] = decodeURIComponent(given[at] ?? '');
  }
  return params;
};

/** Sends requests to a table of routes as the host does: the route with the fewest parameters wins. */
export const callerOf =
  <Services extends AnswerServices>(routes: readonly AnyRoute<NoInfer<Services>>[], services: Services) =>
  async (method: Method, target: string, options: RequestOptions = {}): Promise<HttpAnswer> => {
    const url = new URL(target, 'http://slipway.test');
    const candidates = routes
      .filter((route) => route.method === method)
      .map((route) => ({ route, params: match(route.path, url.pathname) }))
      .filter(({ params }) => params !== undefined)
      .sort((a, b) => Object.keys(a.params ?? {}).length - Object.keys(b.params ?? {}).length);
    const [found] = candidates;
    if (found === undefined) throw new Error(`no route for ${method} ${url.pathname}`);
    return answer(found.route, requestOf(url, options, found.params), services);
  };
