import { SlipwayError } from '../errors.ts';
import { derivedId } from '../ids.ts';
import { type Cause, type JournalEntry, journalEntry } from '../journal.ts';
import { type Clock, type EpochMs, toIso } from '../time.ts';
import type { Grant } from './grant.ts';
import { newToken, sha256Hex, type TokenDocument } from './token.ts';
import type { TokenStore } from './token-store.ts';

export interface TokenServices {
  readonly tokens: TokenStore;
  readonly clock: Clock;
}

export interface NewToken {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly expiresAt?: EpochMs;
}

/**
 * A new token. Its text is in the answer and nowhere else.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when it would be over already
 */
export const createToken = async (
  { tokens, clock }: TokenServices,
  wish: NewToken,
  actor: string,
  cause: Cause,
): Promise<{ readonly token: string; readonly stored: TokenDocument }> => {
  const now = clock();
  if (wish.expiresAt !== undefined && wish.expiresAt <= now) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `expiresAt: ${toIso(wish.expiresAt)} is over`);
  }
  const { id, token } = newToken();
  const stored: TokenDocument = {
    id,
    kind: 'token',
    ...wish,
    sha256: sha256Hex(token),
    createdAt: now,
    createdBy: actor,
  };
  if (!(await tokens.put(stored, undefined, tokenEntry('slipway.token.created', stored, cause, now)))) {
    throw new SlipwayError('RESOURCE_CONFLICT', `there is a token '${id}' already: ask again`);
  }
  return { token, stored };
};

const MOST_TRIES = 8;

/**
 * Ends a token; one that has ended stays as it is. It stays in the list.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; RESOURCE_CONFLICT when it keeps changing
 */
export const revokeToken = async (
  { tokens, clock }: TokenServices,
  id: string,
  actor: string,
  cause: Cause,
): Promise<TokenDocument> => {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const stored = await tokens.read(id);
    if (stored === undefined) throw noSuchToken(id);
    if (stored.value.revokedAt !== undefined) return stored.value;
    const now = clock();
    const revoked: TokenDocument = { ...stored.value, revokedAt: now, revokedBy: actor };
    if (await tokens.put(revoked, stored.etag, tokenEntry('slipway.token.revoked', revoked, cause, now)))
      return revoked;
  }
  throw new SlipwayError('RESOURCE_CONFLICT', `token '${id}' keeps changing`);
};

export const noSuchToken = (id: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no token '${id}'`);

/** A token is created once and revoked once, so its id and the type are the cause. */
const tokenEntry = (
  type: 'slipway.token.created' | 'slipway.token.revoked',
  { id, name, grants, expiresAt }: TokenDocument,
  cause: Cause,
  at: EpochMs,
): JournalEntry => {
  const data = { token: id, name, grants, ...(expiresAt === undefined ? {} : { expiresAt: toIso(expiresAt) }) };
  return journalEntry(derivedId('je', type, id), { type, subject: `tokens/${id}`, data }, cause, at);
};
