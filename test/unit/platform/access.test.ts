import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AccessPolicy, authenticate } from '../../../shared/platform/http/access.ts';

const policy: AccessPolicy = { mode: 'token', sha256Hex: createHash('sha256').update('s3cret').digest('hex') };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('authenticate', () => {
  it.each([
    ['a bearer token', 'Bearer s3cret', 'token'],
    ['a bearer token in any case of its scheme', 'bearer s3cret', 'token'],
    ['the password of Basic credentials', basic('ada:s3cret'), 'ada'],
    ['a password without a user', basic(':s3cret'), 'token'],
  ])('takes %s', (_, header, actor) => {
    expect(authenticate(policy, header)).toBe(actor);
  });

  it.each([
    ['no credentials', undefined],
    ['a wrong token', 'Bearer wrong'],
    ['a wrong password', basic('ada:wrong')],
    ['Basic credentials without a colon', basic('s3cret')],
    ['another scheme', 'Digest s3cret'],
    ['a scheme alone', 'Bearer'],
  ])('refuses %s', (_, header) => {
    expect(() => authenticate(policy, header)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
  });

  it('asks nobody where access is open', () => {
    expect(authenticate({ mode: 'open' }, undefined)).toBe('anonymous');
    expect(authenticate({ mode: 'open' }, basic('ada:x'))).toBe('ada');
  });
});
