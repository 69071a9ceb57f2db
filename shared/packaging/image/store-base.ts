import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { sideBySide } from '../../platform/side-by-side.ts';
import { skipBytes } from '../files/skip-bytes.ts';
import type { Descriptor, ImageStore } from './ports.ts';
import type { BaseImage } from './read-base.ts';

const LAYERS_AT_ONCE = 3;

/**
 * Makes the layers of bases part of a repository: by mounting them, or by copying where the registry does not mount.
 *
 * @throws SlipwayError INVALID_STATE when a layer of the base is not in the registry
 */
export const storeBases = async (
  images: ImageStore,
  repository: string,
  bases: readonly BaseImage[],
): Promise<void> => {
  for (const base of bases) {
    await sideBySide(base.layers, LAYERS_AT_ONCE, (layer) => storeBaseLayer(images, { repository, base }, layer));
  }
};

const storeBaseLayer = async (
  images: ImageStore,
  { repository, base }: { readonly repository: string; readonly base: BaseImage },
  layer: Descriptor,
): Promise<void> => {
  if (await images.hasBlob(repository, layer.digest)) return;
  if (await images.mountBlob(repository, layer.digest, base.repository)) return;
  try {
    await images.putBlob(repository, layer, async (offset) =>
      skipBytes(await images.readBlob(base.repository, layer.digest), offset),
    );
  } catch (cause) {
    if (!isSlipwayError(cause) || cause.code !== 'RESOURCE_DOES_NOT_EXIST') throw cause;
    const message = `a layer of the base image ${base.name} is not in the registry; import the base image again`;
    throw new SlipwayError('INVALID_STATE', message, { cause, details: { digest: layer.digest } });
  }
};
