import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { StoredDocument } from './ports.ts';

/** A JSON value as a document under its own digest: equal values give equal digests. */
export const jsonDocument = (mediaType: string, value: Parameters<typeof canonicalJson>[0]): StoredDocument => {
  const bytes = new TextEncoder().encode(canonicalJson(value));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
};
