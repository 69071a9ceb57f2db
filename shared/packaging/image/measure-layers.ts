import { createHash } from 'node:crypto';
import { sideBySide } from '../../platform/side-by-side.ts';
import { compressedLayer } from './compressed-layer.ts';
import { isCompressible } from './entropy.ts';
import type { LayerPlan } from './layer.ts';
import { seekableLayer } from './layer-content.ts';
import type { LayerFact } from './ports.ts';

const LAYERS_AT_ONCE = 3;

/** The layers as they would be stored, in the order given. Every file is read, and nothing is kept. */
export const measureLayers = (
  plans: readonly LayerPlan[],
): Promise<readonly (LayerFact & { readonly title: string })[]> =>
  sideBySide(plans, LAYERS_AT_ONCE, async (plan) => ({ ...(await measureLayer(plan)), title: plan.title }));

const measureLayer = async (plan: LayerPlan): Promise<LayerFact> => {
  if (plan.encoding === 'auto' && (await isCompressible(plan))) return (await compressedLayer(plan)).fact;
  const { mediaType, size, open, fact } = seekableLayer(plan, plan.encoding === 'none' ? 'none' : 'stored');
  const hash = createHash('sha256');
  for await (const chunk of await open(0)) hash.update(chunk as Buffer);
  return fact({ mediaType, digest: `sha256:${hash.digest('hex')}`, size });
};
