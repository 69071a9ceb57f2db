import * as z from 'zod';
import type { LayerFacts } from '../../packaging/image/ports.ts';
import { changeJson, type LayoutBlobs, readSmall } from './layout-blobs.ts';

/** Of those many repositories that hold a layer, only some have to be known. */
const MAX_REPOSITORIES = 16;

const factSchema = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  diffId: z.string(),
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  repositories: z.array(z.string()).default([]),
});

/** Layer facts as small blobs beside the images: `layer-facts/<key>.json`. */
export const createBlobLayerFacts = (blobs: LayoutBlobs): LayerFacts => ({
  recall: async (key) => {
    const stored = await readSmall(blobs, factPath(key));
    const fact = stored && factSchema.safeParse(JSON.parse(new TextDecoder().decode(stored.bytes)));
    return fact?.success ? fact.data : undefined;
  },
  remember: (key, fact, repository) =>
    changeJson(blobs, factPath(key), (value) => {
      const known = factSchema.safeParse(value).data;
      const same = known?.digest === fact.digest ? known.repositories : fact.repositories;
      if (known?.digest === fact.digest && same.includes(repository)) return value;
      const repositories = [...same.filter((name) => name !== repository), repository].slice(-MAX_REPOSITORIES);
      return { ...fact, repositories };
    }),
});

const factPath = (key: string): string => `layer-facts/${key}.json`;
