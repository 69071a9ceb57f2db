import { describe, expect, it } from 'vitest';
import { webhookHeaders } from '../../../shared/notify/sign-webhook.ts';

describe('webhookHeaders', () => {
  it('sign id, time and body under the bytes of the secret', () => {
    // printf 'dl_1.1767225600.{…}' | openssl dgst -sha256 -hmac 'a-secret-of-some-length' -binary | base64
    expect(
      webhookHeaders('dl_1', 1_767_225_600, '{"title":"rollout rolled back: heart"}', 'a-secret-of-some-length'),
    ).toEqual({
      'content-type': 'application/json',
      'webhook-id': 'dl_1',
      'webhook-timestamp': '1767225600',
      'webhook-signature': 'v1,PgI5oexqQwoZ5gUHKbrNzHnvqDr1VFxcHSEeCfQMHSk=',
    });
  });

  it('sign under the decoded bytes of a secret in the form of Standard Webhooks', () => {
    // The published vector of that specification's reference libraries.
    expect(
      webhookHeaders(
        'msg_p5jXN8AQM9LWM0D4loKWxJek',
        1_614_265_330,
        '{"test": 2432232314}',
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      )['webhook-signature'],
    ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('have no signature without a secret', () => {
    expect(webhookHeaders('dl_1', 1, '{}', undefined)).toEqual({
      'content-type': 'application/json',
      'webhook-id': 'dl_1',
      'webhook-timestamp': '1',
    });
  });

  it.each([
    ['id', ['dl_2', 1, '{}', 'a-secret-of-some-length']],
    ['time', ['dl_1', 2, '{}', 'a-secret-of-some-length']],
    ['body', ['dl_1', 1, '{ }', 'a-secret-of-some-length']],
    ['secret', ['dl_1', 1, '{}', 'another-secret-of-length']],
  ] as const)('differ in their signature with another %s', (_, other) => {
    const signature = (args: Parameters<typeof webhookHeaders>) => webhookHeaders(...args)['webhook-signature'];

    expect(signature([...other])).not.toBe(signature(['dl_1', 1, '{}', 'a-secret-of-some-length']));
  });
});
