import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivedId, encodeId } from '../../../shared/platform/ids.ts';

describe('derivedId', () => {
  it('is a prefix and 96 bits of the SHA-256 of what it is derived from', () => {
    // printf '["heart",2]' | openssl dgst -sha256
    expect(derivedId('ro', 'heart', 2)).toBe('ro_0e126695687c7c7addad11e9');
  });

  it('tells parts apart, however they are cut', () => {
    expect(derivedId('x', 'ab', 'c')).not.toBe(derivedId('x', 'a', 'bc'));
    expect(derivedId('x', '1')).not.toBe(derivedId('x', 1));
  });
});

describe('encodeId', () => {
  it.each([
    ['heart-classifier', 'heart-classifier'],
    ['a/b\\c?d#e', 'a%2Fb%5Cc%3Fd%23e'],
    ["ada's", 'ada%27s'],
    ['Herz ü', 'Herz%20%C3%BC'],
  ])('%s becomes %s', (text, id) => {
    expect(encodeId(text)).toBe(id);
  });

  it('can be read back, and has no character that an id must not have', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const id = encodeId(text);
        expect(decodeURIComponent(id)).toBe(text);
        expect(id).not.toMatch(/[/\\?#']/);
      }),
    );
  });

  it.each(['\ud800', 'a\udc00b'])('refuses %j, which is no Unicode text', (text) => {
    expect(() => encodeId(text)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' }));
  });
});
