import * as z from 'zod';
import type { ImageStore } from '../image/ports.ts';
import type { BuiltEnvironment } from './environment-builder.ts';
import { attachedLock } from './wheels/lock-referrer.ts';

const sized = z.object({ size: z.number().int().min(0) });
const manifestSchema = z.object({ config: sized, layers: z.array(sized) });

/** What an image that is already stored says of itself, or undefined when there is none under that tag or digest. */
export const storedEnvironment = async (
  images: ImageStore,
  repository: string,
  reference: string,
): Promise<Omit<BuiltEnvironment, 'python' | 'durationMs'> | undefined> => {
  const found = await images.readManifest(repository, reference);
  if (found === undefined) return undefined;
  const { digest, size } = found.descriptor;
  const parsed = manifestSchema.safeParse(JSON.parse(new TextDecoder().decode(found.bytes)));
  const parts = parsed.success ? [parsed.data.config, ...parsed.data.layers] : [];
  const lock = await attachedLock(images, repository, digest);
  return {
    image: `${images.registry}/${repository}@${digest}`,
    repository,
    digest,
    sizeBytes: parts.reduce((sum, part) => sum + part.size, size),
    ...(lock === undefined ? {} : { lock }),
  };
};
