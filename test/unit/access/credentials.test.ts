import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../../shared/platform/access/client-address.ts';
import { readCredentials } from '../../../shared/platform/access/credentials.ts';
import { basic } from '../../support/access.ts';

describe('credentials', () => {
  it.each<[string, string, object]>([
    ['a bearer', 'Bearer s3cret', { secret: 's3cret' }],
    ['a bearer in any case of its scheme', 'bEARER  s3cret', { secret: 's3cret' }],
    ['user and password', basic('ada', 's3cret').authorization, { user: 'ada', secret: 's3cret' }],
    ['a password without user', basic('', 's3cret').authorization, { secret: 's3cret' }],
    ['a password with colons', basic('ada', 's:3:cret').authorization, { user: 'ada', secret: 's:3:cret' }],
    ['a user of another alphabet', basic('Ådä 2', 's3cret').authorization, { user: 'Ådä 2', secret: 's3cret' }],
    ['a user with a line break', basic('ada\nroot', 's3cret').authorization, { user: 'adaroot', secret: 's3cret' }],
    ['an endless user', basic('a'.repeat(500), 's').authorization, { user: 'a'.repeat(100), secret: 's' }],
  ])('are read from %s', (_, authorization, expected) => {
    expect(readCredentials(authorization)).toEqual(expected);
  });

  it.each<[string, string | undefined]>([
    ['nothing', undefined],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['an empty token', 'Bearer '],
    ['another scheme', 'Digest s3cret'],
    ['Basic without a colon', `Basic ${Buffer.from('s3cret').toString('base64')}`],
    ['a user without password', basic('ada', '').authorization],
    ['two tokens', 'Bearer one two'],
  ])('are none in %s', (_, authorization) => {
    expect(readCredentials(authorization)).toBeUndefined();
  });

  it('are read from anything without a throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readCredentials(text)));
  });
});

describe('the address of a client', () => {
  it.each<[string | undefined, string]>([
    [undefined, 'unknown'],
    ['', 'unknown'],
    ['not an address', 'unknown'],
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['1.1.1.1, 203.0.113.7:51234', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['[2001:db8:1:2:ffff::1]:443', '2001:db8:1:2::'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
  ])('in %j is %s', (header, address) => {
    expect(clientAddress(header)).toBe(address);
  });
});
