import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derSignature } from '../../../shared/azure/key-vault/der-signature.ts';

describe('a raw signature in DER', () => {
  it('is read by others as the same two numbers', () => {
    const half = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(half, half, (r, s) => {
        const der = derSignature(Uint8Array.from([...r, ...s]));
        const first = der.subarray(4, 4 + (der[3] ?? 0));
        const second = der.subarray(6 + first.length);

        expect([der[0], der[1], der[2], der[4 + first.length]]).toEqual([0x30, der.length - 2, 2, 2]);
        for (const [number, raw] of [
          [first, r],
          [second, s],
        ] as const) {
          expect(BigInt(`0x${Buffer.from(number).toString('hex')}`)).toBe(
            BigInt(`0x${Buffer.from(raw).toString('hex')}`),
          );
          expect(number[0]).toBeLessThan(0x80);
          expect(number.length === 1 || number[0] !== 0 || (number[1] ?? 0) >= 0x80).toBe(true);
        }
      }),
      { examples: [[new Uint8Array(32), new Uint8Array(32).fill(0xff)]] },
    );
  });

  it('verifies', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const content = Buffer.from('image');
    for (let at = 0; at < 50; at += 1) {
      const raw = sign('sha256', content, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verify('sha256', content, publicKey, derSignature(raw))).toBe(true);
    }
  });
});
