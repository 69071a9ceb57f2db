import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Document } from '../documents.ts';
import type { EpochMs } from '../time.ts';
import type { Grant } from './grant.ts';

/** A token of ours as it is stored: what it may do, never what it is. */
export interface TokenDocument extends Document {
  readonly kind: 'token';
  /** What people call it; need not be unique. */
  readonly name: string;
  readonly grants: readonly Grant[];
  /** SHA-256 of the whole token, hex. */
  readonly sha256: string;
  readonly createdAt: EpochMs;
  readonly createdBy: string;
  readonly expiresAt?: EpochMs;
  readonly revokedAt?: EpochMs;
  readonly revokedBy?: string;
  /** Right within the hour. */
  readonly lastUsedAt?: EpochMs;
}

const ID_BYTES = 10;
const SECRET_BYTES = 32;
const TOKEN = /^slp_([0-9a-f]{20})_[A-Za-z0-9_-]{43}$/;

/** A new token `slp_<id>_<secret>` with 256 random bits of secret; the id alone finds its document. */
export const newToken = (): { readonly id: string; readonly token: string } => {
  const id = randomBytes(ID_BYTES).toString('hex');
  return { id, token: `slp_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` };
};

/** The id in a token; undefined for what is no token of ours. */
export const tokenIdOf = (secret: string): string | undefined => TOKEN.exec(secret)?.[1];

export const sha256Hex = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** True when the secret has that SHA-256; takes the same time for every wrong one. */
export const hasSha256 = (secret: string, hex: string): boolean => {
  const wanted = Buffer.from(hex, 'hex');
  const given = createHash('sha256').update(secret).digest();
  return wanted.length === given.length && timingSafeEqual(given, wanted);
};
