import type { Caller } from '../shared/platform/access/caller.ts';
import type { Credentials } from '../shared/platform/access/credentials.ts';
import { createIdentify } from '../shared/platform/access/identify.ts';
import { createNoteRefusal } from '../shared/platform/access/note-refusal.ts';
import { createSlowDown } from '../shared/platform/access/slow-down.ts';
import { createTokenStore } from '../shared/platform/access/token-store.ts';
import { createTokenVerifier } from '../shared/platform/access/verify-token.ts';
import type { Config } from '../shared/platform/config.ts';
import type { Documents } from '../shared/platform/documents.ts';
import type { AccessPolicy } from '../shared/platform/http/access.ts';
import type { Logger } from '../shared/platform/logging.ts';
import type { Clock } from '../shared/platform/time.ts';

export interface AccessParts {
  /** The container `settings`. */
  readonly settings: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly entra: ((shown: Credentials) => Promise<Caller | undefined>) | undefined;
  /** How answers to wrong credentials are held up; given in tests, where time does not pass by itself. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** How callers are known, and the tokens they are given. */
export const accessServices = (config: Pick<Config, 'ACCESS' | 'ACCESS_TOKEN_SHA256'>, parts: AccessParts) => {
  const { settings, clock, log, entra, wait } = parts;
  const tokens = createTokenStore(settings);
  const tokenVerifier = createTokenVerifier({ tokens, clock, log });
  const access: AccessPolicy =
    config.ACCESS === 'open'
      ? { mode: 'open' }
      : {
          mode: 'token',
          identify: createIdentify({
            rootSha256: config.ACCESS_TOKEN_SHA256,
            tokens: tokenVerifier,
            entra,
            slowDown: createSlowDown({ clock, ...(wait === undefined ? {} : { wait }) }),
            noteRefusal: createNoteRefusal({ documents: settings, clock, log }),
          }),
        };
  return { access, tokens, tokenVerifier };
};
