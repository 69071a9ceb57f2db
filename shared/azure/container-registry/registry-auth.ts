import type { TokenCredential } from '@azure/core-auth';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { SlipwayError } from '../../platform/errors.ts';
import { type Challenge, parseChallenge } from './challenge.ts';
import { trustedUrl } from './registry-address.ts';
import { discard, expectStatus, readJson, type Transport } from './transport.ts';

export type RegistryCredentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'entra'; readonly credential: TokenCredential };

export interface RegistryAuth {
  /** The Authorization header that a request within these scopes needs, if any. */
  header(scopes: readonly string[]): Promise<string | undefined>;
  /** Told of a 401: what was known of these scopes is forgotten. */
  refused(scopes: readonly string[], challenge: string | readonly string[] | undefined): void;
}

const ENTRA_SCOPE = 'https://containerregistry.azure.net/.default';
const EARLY_MS = 30_000;
/** A token that does not say lives this long at least. */
const UNSAID_MS = 60_000;
const MAX_TOKENS = 500;

const tokenSchema = z
  .object({ token: z.string(), access_token: z.string(), expires_in: z.number() })
  .partial()
  .transform(({ token, access_token, expires_in }) => ({ value: access_token ?? token, seconds: expires_in }));

const refreshSchema = z.object({ refresh_token: z.string() });

/**
 * Answers what a registry asks: nothing, a user and password, or a token for each set of scopes, which is fetched once
 * however many ask at the same time and kept until shortly before it ends.
 *
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export const createRegistryAuth = (
  transport: Transport,
  registry: URL,
  credentials: RegistryCredentials,
): RegistryAuth => {
  let asked: Promise<Challenge | undefined> | undefined;
  const challenge = (): Promise<Challenge | undefined> => {
    const answer = asked ?? ping(transport, registry);
    asked = answer;
    answer.catch(() => {
      if (asked === answer) asked = undefined;
    });
    return answer;
  };
  const tokens = new LRUCache<string, string, { readonly of: Challenge & { scheme: 'bearer' } }>({
    max: MAX_TOKENS,
    fetchMethod: async (scopes, _, { options, context }) => {
      const token = await fetchToken({ transport, registry, credentials, refreshToken }, context.of, scopes.split(' '));
      options.ttl = keptMs(token.expiresInMs);
      return token.value;
    },
  });
  const refreshTokens = new LRUCache<string, string, { readonly of: Challenge & { scheme: 'bearer' } }>({
    max: 1,
    fetchMethod: async (_key, _stale, { options, context }) => {
      const value = await exchange(transport, registry, credentials, context.of);
      options.ttl = keptMs(leftMs(value));
      return value;
    },
  });
  const refreshToken = async (of: Challenge & { scheme: 'bearer' }): Promise<string> =>
    (await refreshTokens.fetch('', { context: { of } })) ?? '';

  return {
    header: async (scopes) => {
      const of = await challenge();
      if (of === undefined) return undefined;
      if (of.scheme === 'basic') return basicHeader(credentials);
      return `Bearer ${await tokens.fetch(keyOf(scopes), { context: { of } })}`;
    },
    refused: (scopes, header) => {
      tokens.delete(keyOf(scopes));
      const next = parseChallenge(header);
      if (next !== undefined) asked = Promise.resolve(next);
    },
  };
};

const keyOf = (scopes: readonly string[]): string => [...scopes].sort().join(' ');

const keptMs = (lifeMs: number): number => Math.max(1, lifeMs - EARLY_MS);

const ping = async (transport: Transport, registry: URL): Promise<Challenge | undefined> => {
  const answer = await transport({ method: 'GET', url: new URL('/v2/', registry) });
  if (answer.status === 200) {
    await discard(answer);
    return undefined;
  }
  if (answer.status !== 401) await expectStatus(answer, 'say what it is', 200);
  await discard(answer);
  const challenge = parseChallenge(answer.headers['www-authenticate']);
  if (challenge !== undefined) return challenge;
  throw new SlipwayError('PERMISSION_DENIED', `'${registry.host}' asks for neither a password nor a token`);
};

const basicHeader = (credentials: RegistryCredentials): string => {
  if (credentials.kind === 'basic') {
    const { username, password } = credentials;
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  throw new SlipwayError(
    'PERMISSION_DENIED',
    'the registry asks for a password: set IMAGE_REGISTRY_USERNAME and IMAGE_REGISTRY_PASSWORD',
  );
};

interface Token {
  readonly value: string;
  readonly expiresInMs: number;
}

interface TokenSource {
  readonly transport: Transport;
  readonly registry: URL;
  readonly credentials: RegistryCredentials;
  readonly refreshToken: (of: Challenge & { scheme: 'bearer' }) => Promise<string>;
}

const fetchToken = async (
  { transport, registry, credentials, refreshToken }: TokenSource,
  of: Challenge & { scheme: 'bearer' },
  scopes: readonly string[],
): Promise<Token> => {
  const realm = trustedUrl(of.realm, registry, registry);
  if (credentials.kind === 'entra') {
    const form = {
      grant_type: 'refresh_token',
      service: of.service,
      scope: scopes.join(' '),
      refresh_token: await refreshToken(of),
    };
    return toToken(await post(transport, realm, form, 'give a token'));
  }
  if (of.service !== '') realm.searchParams.set('service', of.service);
  for (const scope of scopes) realm.searchParams.append('scope', scope);
  const headers: Record<string, string> =
    credentials.kind === 'basic' ? { authorization: basicHeader(credentials) } : {};
  const answer = await transport({ method: 'GET', url: realm, headers });
  return toToken(await readJson(await expectStatus(answer, 'give a token', 200)));
};

/**
 * An Entra token for a registry's refresh token. It goes to the registry's own host only.
 *
 * @see https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
 */
const exchange = async (
  transport: Transport,
  registry: URL,
  credentials: RegistryCredentials,
  { realm, service }: Challenge & { scheme: 'bearer' },
): Promise<string> => {
  const url = new URL('/oauth2/exchange', trustedUrl(realm, registry, registry));
  if (credentials.kind !== 'entra' || url.hostname !== registry.hostname) {
    throw new SlipwayError(
      'PERMISSION_DENIED',
      `'${registry.host}' takes no Entra tokens: set IMAGE_REGISTRY_USERNAME and IMAGE_REGISTRY_PASSWORD`,
    );
  }
  const token = await credentials.credential.getToken(ENTRA_SCOPE);
  const form = { grant_type: 'access_token', service, access_token: token?.token ?? '' };
  return refreshSchema.parse(await post(transport, url, form, 'take our Entra token')).refresh_token;
};

const post = async (transport: Transport, url: URL, form: Record<string, string>, doing: string): Promise<unknown> => {
  const answer = await transport({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  return readJson(await expectStatus(answer, doing, 200));
};

const toToken = (answer: unknown): Token => {
  const { value, seconds } = tokenSchema.parse(answer);
  if (value === undefined) throw new SlipwayError('PERMISSION_DENIED', 'the registry answers without a token');
  return { value, expiresInMs: seconds === undefined ? leftMs(value) : seconds * 1000 };
};

/** How long a token is good for, so far as it says so itself. */
const leftMs = (token: string): number => {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? UNSAID_MS : exp * 1000 - Date.now();
  } catch {
    return UNSAID_MS;
  }
};
