import { createHash, timingSafeEqual } from 'node:crypto';
import { SlipwayError } from '../errors.ts';

/** How callers prove themselves: not at all (loopback only), or by a token whose SHA-256 is known. */
export type AccessPolicy = { readonly mode: 'open' } | { readonly mode: 'token'; readonly sha256Hex: string };

/**
 * Who the caller is. The token comes as `Bearer <token>`, or as the password of Basic credentials, because MLflow
 * clients send either.
 *
 * @returns the user name of Basic credentials, `token` for a bearer, `anonymous` when access is open
 * @throws SlipwayError UNAUTHENTICATED when the token is missing or wrong
 */
export const authenticate = (policy: AccessPolicy, authorization: string | undefined): string => {
  const [user, token] = credentials(authorization);
  if (policy.mode === 'open') return user ?? 'anonymous';
  if (token === undefined)
    throw new SlipwayError('UNAUTHENTICATED', 'send the access token as Bearer or Basic credentials');
  const digest = createHash('sha256').update(token).digest();
  if (!timingSafeEqual(digest, Buffer.from(policy.sha256Hex, 'hex'))) {
    throw new SlipwayError('UNAUTHENTICATED', 'the access token is not valid');
  }
  return user ?? 'token';
};

const credentials = (authorization: string | undefined): [user: string | undefined, token: string | undefined] => {
  const [scheme = '', value] = (authorization ?? '').split(' ', 2);
  if (value === undefined) return [undefined, undefined];
  if (scheme.toLowerCase() === 'bearer') return [undefined, value];
  if (scheme.toLowerCase() !== 'basic') return [undefined, undefined];
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? [undefined, undefined] : [decoded.slice(0, colon) || undefined, decoded.slice(colon + 1)];
};
