import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretBox } from '../../../shared/platform/secrets.ts';

const key = () => randomBytes(32).toString('base64');

describe('secret box', () => {
  it('opens what it sealed, whatever it is', () => {
    const box = createSecretBox(key());

    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => box.open(box.seal(text)) === text));
  });

  it('seals the same secret differently each time', () => {
    const box = createSecretBox(key());

    expect(box.seal('x')).not.toBe(box.seal('x'));
  });

  it.each([
    ['another key', (sealed: string) => createSecretBox(key()).open(sealed)],
    ['an altered text', (sealed: string, box = createSecretBox(key())) => box.open(`${sealed.slice(0, -2)}AA`)],
    ['a text too short', () => createSecretBox(key()).open('AAAA')],
  ])('does not open with %s', (_, open) => {
    const sealed = createSecretBox(key()).seal('a secret of some length');

    expect(() => open(sealed)).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }));
  });

  it('refuses a key of the wrong length', () => {
    expect(() => createSecretBox('AAAA')).toThrow(/32 bytes/);
  });
});
