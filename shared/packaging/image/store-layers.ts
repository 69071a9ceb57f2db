import { sideBySide } from '../../platform/side-by-side.ts';
import { compressedLayer } from './compressed-layer.ts';
import { isCompressible } from './entropy.ts';
import type { LayerPlan } from './layer.ts';
import { seekableLayer } from './layer-content.ts';
import type { ImageStore, LayerFact, LayerFacts } from './ports.ts';

/** As many as container runtimes pull at once; each streams, so memory stays bounded whatever their size. */
const LAYERS_AT_ONCE = 3;

export interface LayerServices {
  readonly images: ImageStore;
  readonly layerFacts: LayerFacts;
}

/** What had to be done for a layer: nothing, name it in this repository too, or send its bytes. */
export type LayerArrival = 'known' | 'mounted' | 'sent';

export interface StoredLayer extends LayerFact {
  readonly title: string;
  readonly key: string | undefined;
  readonly arrival: LayerArrival;
}

export interface StoreOptions {
  /** Sends every layer again, whatever is known about it. */
  readonly forget?: boolean;
}

/**
 * Makes the layers part of a repository, in the order given. Files are read once, and not at all when the layer is
 * known from before. Ends when all reading has ended, also when a layer fails.
 *
 * @throws SlipwayError INVALID_STATE when a file changes while it is read, and what the ports throw
 */
export const storeLayers = (
  services: LayerServices,
  repository: string,
  plans: readonly LayerPlan[],
  { forget = false }: StoreOptions = {},
): Promise<readonly StoredLayer[]> =>
  sideBySide(plans, LAYERS_AT_ONCE, async (plan) => {
    const known = forget || plan.key === undefined ? undefined : await services.layerFacts.recall(plan.key);
    const found = known && (await find(services.images, repository, known));
    if (known && found === 'known') return { ...known, title: plan.title, key: plan.key, arrival: found };
    const fact = known && found === 'mounted' ? known : await send(services.images, repository, plan);
    if (plan.key !== undefined) await services.layerFacts.remember(plan.key, fact, repository);
    return { ...fact, title: plan.title, key: plan.key, arrival: found ?? 'sent' };
  });

/** Where a layer that was built once is now; undefined when it has to be sent. */
const find = async (
  images: ImageStore,
  repository: string,
  { digest, repositories }: LayerFact,
): Promise<'known' | 'mounted' | undefined> => {
  if (await images.hasBlob(repository, digest)) return 'known';
  // The latest first: an old repository is the likelier one to have been cleaned up.
  for (const from of repositories.toReversed().slice(0, MAX_MOUNT_ATTEMPTS)) {
    if (from !== repository && (await images.mountBlob(repository, digest, from))) return 'mounted';
  }
  return undefined;
};

const MAX_MOUNT_ATTEMPTS = 3;

const send = async (images: ImageStore, repository: string, plan: LayerPlan): Promise<LayerFact> => {
  if (plan.encoding === 'auto' && (await isCompressible(plan))) {
    const { descriptor, open, fact } = await compressedLayer(plan);
    await images.putBlob(repository, descriptor, open);
    return fact;
  }
  const { mediaType, size, open, fact } = seekableLayer(plan, plan.encoding === 'none' ? 'none' : 'stored');
  return fact(await images.writeBlob(repository, { mediaType, size }, open));
};
