import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a builder shows when it tells how a build ended. Derived, so that a call that is made again carries the same
 * one; it opens that one build alone, and nothing once that has ended.
 */
export const callbackToken = (secretsKey: string, key: string, buildId: string): string =>
  createHmac('sha256', Buffer.from(secretsKey, 'base64'))
    .update(JSON.stringify(['environment-callback', key, buildId]))
    .digest('base64url');

/** Compares without telling by its duration how much was right. */
export const isSameToken = (given: string, wanted: string): boolean => {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
};
