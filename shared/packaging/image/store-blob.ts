import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Descriptor, ImageStore } from './ports.ts';

/** Stores a small blob, unless the repository has it. */
export const storeBlob = async (
  images: ImageStore,
  repository: string,
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array },
): Promise<Descriptor> => {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const descriptor = { mediaType, digest, size: bytes.length };
  if (await images.hasBlob(repository, digest)) return descriptor;
  await images.putBlob(repository, descriptor, async (offset) =>
    Readable.from([bytes.subarray(offset)], { objectMode: false }),
  );
  return descriptor;
};
