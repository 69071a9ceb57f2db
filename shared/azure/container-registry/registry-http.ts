import { Readable } from 'node:stream';
import { SlipwayError } from '../../platform/errors.ts';
import { type RegistryAddress, trustedUrl } from './registry-address.ts';
import type { RegistryAuth } from './registry-auth.ts';
import type { Wait } from './retry.ts';
import { type Answer, discard, headerOf, type RawRequest, type Transport } from './transport.ts';

export interface RegistryRequest extends Omit<RawRequest, 'url'> {
  /** A path of the registry's API, or a URL that it gave. */
  readonly url: URL | string;
  readonly scopes: readonly string[];
}

/** One registry: requests carry its credentials, and go nowhere else with them. */
export interface RegistryHttp {
  /** Any answer at all; the caller says which it can use. */
  send(request: RegistryRequest): Promise<Answer>;
  /** The place that an answer names in its Location header. */
  location(answer: Answer): URL;
  /** The repository's name in the registry. */
  nameOf(repository: string): string;
  readonly wait: Wait;
}

const MAX_REDIRECTS = 5;

export const createRegistryHttp = (options: {
  readonly address: RegistryAddress;
  readonly transport: Transport;
  readonly auth: RegistryAuth;
  readonly wait: Wait;
}): RegistryHttp => {
  const { address, transport, auth, wait } = options;
  const { origin } = address;

  const withCredentials = async (request: RawRequest, scopes: readonly string[]): Promise<Answer> => {
    if (request.url.origin !== origin.origin) return transport(request);
    const authorization = await auth.header(scopes);
    return transport({ ...request, headers: { ...request.headers, ...(authorization ? { authorization } : {}) } });
  };

  const authorized = async (request: RawRequest, scopes: readonly string[]): Promise<Answer> => {
    const answer = await withCredentials(request, scopes);
    if (answer.status !== 401 || request.url.origin !== origin.origin) return answer;
    auth.refused(scopes, answer.headers['www-authenticate']);
    await discard(answer);
    if (!(request.body instanceof Readable)) return withCredentials(request, scopes);
    // Its token ended just now, and half of the body is gone: the upload is taken up again with another.
    throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the registry takes this token no longer');
  };

  const send = async ({ url, scopes, ...request }: RegistryRequest): Promise<Answer> => {
    let answer = await authorized({ ...request, url: trustedUrl(String(url), origin, origin) }, scopes);
    for (let hops = 0; isRedirect(request.method, answer) && hops < MAX_REDIRECTS; hops += 1) {
      await discard(answer);
      answer = await authorized({ ...request, url: locationOf(answer, origin) }, scopes);
    }
    return answer;
  };
  return {
    send,
    location: (answer) => locationOf(answer, origin),
    nameOf: (repository) => `${address.prefix}${repository}`,
    wait,
  };
};

const isRedirect = (method: string, { status }: Answer): boolean =>
  (method === 'GET' || method === 'HEAD') && [301, 302, 303, 307, 308].includes(status);

const locationOf = (answer: Answer, registry: URL): URL => {
  const location = headerOf(answer, 'location');
  if (location !== undefined) return trustedUrl(location, answer.url, registry);
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the registry does not say where to go on');
};

/** What a token must allow for a repository, by its name in the registry. */
export const pull = (name: string): string => `repository:${name}:pull`;
export const push = (name: string): string => `repository:${name}:pull,push`;
export const remove = (name: string): string => `repository:${name}:delete,pull,push`;
