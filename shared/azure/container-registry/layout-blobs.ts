import type { Readable } from 'node:stream';
import type { Blobs } from '../../platform/blobs.ts';
import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { checkedDigest, MAX_MANIFEST_BYTES } from './stored-manifest.ts';

/** All that a layout needs of blobs: a folder has it too. */
export type LayoutBlobs = Pick<Blobs, 'read' | 'write' | 'stat' | 'delete'>;

/** The blob container that is one OCI image layout. */
export const CONTAINER = 'images';

export const blobPath = (digest: string): string => `blobs/${checkedDigest(digest).replace(':', '/')}`;

/** Content-addressed: what is there already has the same bytes. */
export const writeOnce = async (
  blobs: LayoutBlobs,
  path: string,
  body: Readable | Uint8Array | string,
  contentType: string,
): Promise<void> => {
  try {
    await blobs.write(CONTAINER, path, body, { contentType, ifNoneMatch: '*' });
  } catch (error) {
    if (!isSlipwayError(error) || error.code !== 'PRECONDITION_FAILED') throw error;
  }
};

export interface SmallBlob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** All of a document, or undefined when there is none; throws INVALID_STATE when it is larger than any manifest. */
export const readSmall = async (blobs: LayoutBlobs, path: string): Promise<SmallBlob | undefined> => {
  const blob = await blobs.read(CONTAINER, path);
  if (!blob) return undefined;
  if (blob.size > MAX_MANIFEST_BYTES) {
    blob.stream.destroy();
    throw new SlipwayError('INVALID_STATE', `'${path}' in the image layout is too large`, {
      details: { size: blob.size },
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of blob.stream) chunks.push(chunk as Buffer);
  return { bytes: new Uint8Array(Buffer.concat(chunks)), etag: blob.etag };
};

const MAX_ATTEMPTS = 20;

/**
 * Changes a JSON document while others do too; `change` gives the value it was given when there is nothing to change.
 *
 * @throws SlipwayError TEMPORARILY_UNAVAILABLE when too many others change it
 */
export const changeJson = async (
  blobs: LayoutBlobs,
  path: string,
  change: (value: unknown) => unknown,
): Promise<void> => {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stored = await readSmall(blobs, path);
    const value: unknown = stored && JSON.parse(new TextDecoder().decode(stored.bytes));
    const next = await change(value);
    if (next === value) return;
    try {
      const condition = stored ? { ifMatch: stored.etag } : { ifNoneMatch: '*' as const };
      await blobs.write(CONTAINER, path, JSON.stringify(next), { contentType: 'application/json', ...condition });
      return;
    } catch (error) {
      if (!isSlipwayError(error) || error.code !== 'PRECONDITION_FAILED') throw error;
    }
  }
  throw new SlipwayError(
    'TEMPORARILY_UNAVAILABLE',
    `'${path}' in the image layout is being changed by too many others`,
  );
};
