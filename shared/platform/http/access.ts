import { ANONYMOUS, type Caller, createCaller } from '../access/caller.ts';
import { readCredentials } from '../access/credentials.ts';
import type { Identify, Login } from '../access/identify.ts';

/** How callers prove themselves: not at all (loopback only), or by credentials that tell who they are. */
export type AccessPolicy = { readonly mode: 'open' } | { readonly mode: 'token'; readonly identify: Identify };

/** Nobody was asked who he is, and he may nothing that is not open to everybody. */
export const NOBODY: Caller = createCaller(ANONYMOUS, []);

/**
 * Who the caller is. Where access is open everybody may do everything, under the user name of Basic credentials.
 *
 * @throws SlipwayError UNAUTHENTICATED, TEMPORARILY_UNAVAILABLE
 */
export const authenticate = async (policy: AccessPolicy, login: Login): Promise<Caller> =>
  policy.mode === 'open'
    ? createCaller(readCredentials(login.authorization)?.user ?? ANONYMOUS, [{ role: 'admin' }])
    : policy.identify(login);
