import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Caller, createCaller } from '../../platform/access/caller.ts';
import type { Credentials } from '../../platform/access/credentials.ts';
import { refused } from '../../platform/access/refusal.ts';
import { ROLES, type Role } from '../../platform/access/role.ts';
import { SlipwayError } from '../../platform/errors.ts';
import type { Clock } from '../../platform/time.ts';

export interface EntraOptions {
  readonly tenantId: string;
  /** Client id or App ID URI of our app registration. */
  readonly audience: string;
  /** As in `https://login.microsoftonline.com`. */
  readonly authority: string;
  readonly clock: Clock;
  /** Time between two looks for a key that is not known yet; for tests. */
  readonly keyCooldownMs?: number;
}

const CLOCK_SKEW_S = 60;
const KEY_TIMEOUT_MS = 5000;
/** Microsoft asks to look for new keys once a day; one that is not known is looked for at once. */
const KEYS_KEPT_MS = 24 * 3_600_000;
const KEY_COOLDOWN_MS = 30_000;

/**
 * Who shows an access token of Entra; undefined for what is no JWT. App roles `Slipway.Reader`, `Slipway.Publisher`,
 * `Slipway.Operator` and `Slipway.Admin` count, for all models.
 *
 * @throws SlipwayError UNAUTHENTICATED for a token that is wrong, over or meant for somebody else;
 * TEMPORARILY_UNAVAILABLE when Entra's keys cannot be read
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens for what to check
 */
export const createEntraVerifier = (options: EntraOptions): ((shown: Credentials) => Promise<Caller | undefined>) => {
  const { clock, keyCooldownMs: cooldownDuration = KEY_COOLDOWN_MS } = options;
  const authority = options.authority.replace(/\/+$/, '');
  const tenant = options.tenantId.toLowerCase();
  const keys = createRemoteJWKSet(new URL(`${authority}/${tenant}/discovery/v2.0/keys`), {
    timeoutDuration: KEY_TIMEOUT_MS,
    cacheMaxAge: KEYS_KEPT_MS,
    cooldownDuration,
  });
  const rules = {
    algorithms: ['RS256'],
    issuer: issuersOf(authority, tenant),
    audience: audiencesOf(options.audience),
    requiredClaims: ['exp'],
    clockTolerance: CLOCK_SKEW_S,
  };
  return async ({ secret }) => {
    if (!JWT.test(secret)) return undefined;
    try {
      const { payload } = await jwtVerify(secret, withKeyFailures(keys), { ...rules, currentDate: new Date(clock()) });
      return callerOf(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError)
        throw refused('entra', `Entra's access token is not valid (${error.code})`);
      throw error;
    }
  };
};

const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * Tokens of version 2 are issued by the authority they come from, those of version 1 by a security token service with
 * a name of its own. All of them are signed with the keys of the one tenant.
 */
const issuersOf = (authority: string, tenant: string): string[] => [
  `${authority}/${tenant}/v2.0`,
  `https://sts.windows.net/${tenant}/`,
  `https://sts.chinacloudapi.cn/${tenant}/`,
];

/** Version 2 names the client id, version 1 the App ID URI, which by default is the same behind `api://`. */
const audiencesOf = (audience: string): string[] => {
  const [, clientId] = /^(?:api:\/\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(audience) ?? [];
  return clientId === undefined ? [audience] : [clientId, `api://${clientId}`];
};

/** A key that is not there makes the token wrong; keys that cannot be read say nothing about it. */
const withKeyFailures =
  (keys: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      const says = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];
      if (says.some((each) => cause instanceof each)) throw cause;
      throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the keys of Entra cannot be read, try again', { cause });
    }
  };

const ROLE_OF: ReadonlyMap<unknown, Role> = new Map(
  ROLES.map((role) => [`Slipway.${role.charAt(0).toUpperCase()}${role.slice(1)}`, role]),
);

/** Only access tokens say for which application they were issued: an ID token must not open anything. */
const callerOf = (payload: JWTPayload): Caller => {
  const application = textOf(payload['azp']) ?? textOf(payload['appid']);
  if (application === undefined) throw refused('entra', 'this is no access token of Entra');
  const roles = Array.isArray(payload['roles']) ? payload['roles'] : [];
  const grants = roles.flatMap((name: unknown) => {
    const role = ROLE_OF.get(name);
    return role === undefined ? [] : [{ role }];
  });
  const user = textOf(payload['preferred_username']) ?? textOf(payload['upn']) ?? textOf(payload['unique_name']);
  return createCaller(user ?? `app ${application}`, grants);
};

const textOf = (claim: unknown): string | undefined => (typeof claim === 'string' && claim !== '' ? claim : undefined);
