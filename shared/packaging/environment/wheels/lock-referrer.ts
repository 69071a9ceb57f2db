import { json } from 'node:stream/consumers';
import * as z from 'zod';
import type { ImageStore, StoredDocument } from '../../image/ports.ts';
import { storeReferrer } from '../../image/store-referrer.ts';
import type { Lock } from '../lock.ts';

const LOCK_TYPE = 'application/vnd.slipway.environment-lock.v1+json';

export const lockSchema = z.object({
  python: z.string(),
  platform: z.string(),
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      fileName: z.string().exactOptional(),
      url: z.string().exactOptional(),
      sha256s: z.array(z.string()),
      size: z.number().exactOptional(),
    }),
  ),
  text: z.string(),
});

const manifestSchema = z.object({ layers: z.array(z.object({ digest: z.string() })).min(1) });

/** Attaches the lock to an environment's image, so that whoever finds the image later knows what is in it. */
export const attachLock = async (
  images: ImageStore,
  repository: string,
  { manifest, created }: { readonly manifest: StoredDocument; readonly created: string },
  lock: Lock,
): Promise<void> => {
  const bytes = Buffer.from(JSON.stringify(lock));
  await storeReferrer(images, repository, manifest, { artifactType: LOCK_TYPE, bytes, created });
};

/** The lock that was attached to an image, or undefined when there is none. */
export const attachedLock = async (
  images: ImageStore,
  repository: string,
  digest: string,
): Promise<Lock | undefined> => {
  const referrers = await images.listReferrers(repository, digest);
  const referrer = referrers.find(({ artifactType }) => artifactType === LOCK_TYPE);
  const manifest = referrer && (await images.readManifest(repository, referrer.digest));
  if (manifest === undefined) return undefined;
  const { layers } = manifestSchema.parse(JSON.parse(new TextDecoder().decode(manifest.bytes)));
  return lockSchema.parse(await json(await images.readBlob(repository, layers[0]?.digest ?? '')));
};
