import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret, 'utf8');

/**
 * Headers that let the receiver check who sent the body and when.
 *
 * The signature is `v1,` and the base64 HMAC-SHA256 of `<id>.<timestamp>.<body>` under the secret: what follows `whsec_`
 * decoded from base64, as libraries for Standard Webhooks do, or else the UTF-8 bytes of its text.
 *
 * @param id - delivery id, the same on every attempt, so that the receiver can drop repeats
 * @param timestamp - Unix seconds
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const webhookHeaders = (
  id: string,
  timestamp: number,
  body: string,
  secret: string | undefined,
): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  'webhook-id': id,
  'webhook-timestamp': String(timestamp),
  ...(secret === undefined
    ? {}
    : {
        'webhook-signature': `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
      }),
});
