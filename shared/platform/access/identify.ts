import { isSlipwayError } from '../errors.ts';
import type { Cause } from '../journal.ts';
import { type Caller, createCaller } from './caller.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import type { NoteRefusal } from './note-refusal.ts';
import { askedToLogIn, refusalOf, refused } from './refusal.ts';
import type { SlowDown } from './slow-down.ts';
import { hasSha256 } from './token.ts';
import type { TokenVerifier } from './verify-token.ts';

/** One request that needs to know who calls. */
export interface Login {
  readonly authorization: string | undefined;
  readonly address: string;
  /** Name of the route. */
  readonly route: string;
  readonly cause: Cause;
}

/**
 * Who calls.
 *
 * @throws SlipwayError UNAUTHENTICATED without credentials or with wrong ones; TEMPORARILY_UNAVAILABLE when they cannot
 * be checked now
 */
export type Identify = (login: Login) => Promise<Caller>;

/** Checks one kind of credentials; undefined when they are not of that kind. */
type Verify = (credentials: Credentials) => Promise<Caller | undefined>;

export interface IdentifyServices {
  /** SHA-256 of the token that may do everything; absent where Entra gives all access. */
  readonly rootSha256?: string | undefined;
  readonly tokens: Pick<TokenVerifier, 'verify'>;
  /** Absent where Entra is not set up. */
  readonly entra?: Verify | undefined;
  readonly slowDown: SlowDown;
  readonly noteRefusal: NoteRefusal;
}

/** The token of the settings, with which the first tokens are made. */
const rootVerifier =
  (sha256: string | undefined): Verify =>
  async ({ user, secret }) =>
    sha256 !== undefined && hasSha256(secret, sha256) ? createCaller(user ?? 'token', [{ role: 'admin' }]) : undefined;

export const createIdentify = (services: IdentifyServices): Identify => {
  const { rootSha256, tokens, entra, slowDown, noteRefusal } = services;
  const root = rootVerifier(rootSha256);
  const verify: Verify = async (credentials) =>
    (await root(credentials)) ?? (await tokens.verify(credentials)) ?? (await entra?.(credentials));

  return async ({ authorization, address, route, cause }) => {
    const credentials = readCredentials(authorization);
    if (credentials === undefined) throw askedToLogIn();
    try {
      const caller = await verify(credentials);
      if (caller !== undefined) return caller;
      throw refused('wrong', 'the access token is not valid');
    } catch (error) {
      const refusal = isSlipwayError(error) ? refusalOf(error) : undefined;
      if (refusal !== undefined) {
        await Promise.all([noteRefusal({ address, refusal, route }, cause), slowDown.afterFailure(address)]);
      }
      throw error;
    }
  };
};
