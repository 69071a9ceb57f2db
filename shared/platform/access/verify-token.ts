import { LRUCache } from 'lru-cache';
import type { Logger } from '../logging.ts';
import { type Clock, type EpochMs, toIso } from '../time.ts';
import { type Caller, createCaller } from './caller.ts';
import type { Credentials } from './credentials.ts';
import { refused } from './refusal.ts';
import { hasSha256, type TokenDocument, tokenIdOf } from './token.ts';
import type { TokenStore } from './token-store.ts';

/** How long a token that was revoked may still be taken by a worker that has just read it. */
const CACHED_MS = 30_000;
const MOST_CACHED = 1000;
const USE_NOTED_EVERY_MS = 3_600_000;

export interface TokenVerifier {
  /**
   * Who shows a token of ours; undefined for a secret of another form.
   *
   * @throws SlipwayError UNAUTHENTICATED when it is wrong, has expired or was revoked
   */
  verify(credentials: Credentials): Promise<Caller | undefined>;
  /** Has the token read anew, because it has changed. */
  forget(id: string): void;
}

export interface VerifierServices {
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Read {
  readonly at: EpochMs;
  readonly token: TokenDocument;
}

export const createTokenVerifier = (services: VerifierServices): TokenVerifier => {
  const { tokens, clock, log } = services;
  const cache = new LRUCache<string, Read>({ max: MOST_CACHED });

  /** The token of that id, as it was at most 30 seconds ago. Only what exists is kept, so guesses push nothing out. */
  const readToken = async (id: string): Promise<TokenDocument | undefined> => {
    const now = clock();
    const cached = cache.get(id);
    if (cached !== undefined && now - cached.at < CACHED_MS) return cached.token;
    const token = (await tokens.read(id))?.value;
    if (token === undefined) cache.delete(id);
    else cache.set(id, { at: now, token });
    return token;
  };

  /** Good to know, so a failure to note it refuses nobody. */
  const noteUse = async (token: TokenDocument): Promise<void> => {
    const now = clock();
    if (now - (token.lastUsedAt ?? 0) < USE_NOTED_EVERY_MS) return;
    // Before it is written, so that calls at the same moment do not write it too.
    cache.set(token.id, { at: cache.get(token.id)?.at ?? now, token: { ...token, lastUsedAt: now } });
    try {
      const stored = await tokens.read(token.id);
      if (stored !== undefined) await tokens.put({ ...stored.value, lastUsedAt: now }, stored.etag);
    } catch (error) {
      log.warn({ token: token.id, reason: (error as Error).message }, 'use of a token could not be noted');
    }
  };

  return {
    forget: (id) => void cache.delete(id),
    async verify({ user, secret }) {
      const id = tokenIdOf(secret);
      if (id === undefined) return undefined;
      const token = await readToken(id);
      if (token === undefined || !hasSha256(secret, token.sha256))
        throw refused('wrong', 'the access token is not valid');
      if (token.revokedAt !== undefined) {
        throw refused('revoked', `the token '${token.name}' was revoked at ${toIso(token.revokedAt)}`);
      }
      if (token.expiresAt !== undefined && token.expiresAt <= clock()) {
        throw refused('expired', `the token '${token.name}' expired at ${toIso(token.expiresAt)}`);
      }
      await noteUse(token);
      return createCaller(user === undefined ? `token ${token.name}` : `${user} (token ${token.name})`, token.grants);
    },
  };
};
