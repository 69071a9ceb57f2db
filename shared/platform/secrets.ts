import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SlipwayError } from './errors.ts';

/** Encrypts what must be read again, such as the signing secret of a channel. */
export interface SecretBox {
  seal(secret: string): string;
  /** @throws SlipwayError INVALID_STATE when it was sealed with another key or altered */
  open(sealed: string): string;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a random 96-bit nonce; sealed text is base64url of nonce, tag and ciphertext.
 *
 * @param keyBase64 - 32 bytes
 * @throws SlipwayError INVALID_STATE for a key of another length
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
export const createSecretBox = (keyBase64: string): SecretBox => {
  const key = Buffer.from(keyBase64, 'base64');
  if (key.length !== 32) throw new SlipwayError('INVALID_STATE', 'SECRETS_KEY must be 32 bytes in base64');
  return {
    seal(secret) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      try {
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)).toString('utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new SlipwayError('INVALID_STATE', 'a stored secret cannot be opened with the SECRETS_KEY in use', {
          cause,
        });
      }
    },
  };
};
