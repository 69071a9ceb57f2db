import * as z from 'zod';
import { partitionKeyDefinition } from '../partition-key.ts';

const MAX_TTL_SECONDS = 2_147_483_647;

/** What a client may define; the rest of the body is kept and answered as it came. */
export const containerDefinition = z.looseObject({
  id: z.string().min(1).max(255),
  partitionKey: partitionKeyDefinition,
  defaultTtl: z.number().int().min(-1).max(MAX_TTL_SECONDS).optional(),
  uniqueKeyPolicy: z.object({ uniqueKeys: z.array(z.object({ paths: z.array(z.string()).min(1) })) }).optional(),
  indexingPolicy: z
    .looseObject({
      compositeIndexes: z
        .array(z.array(z.object({ path: z.string(), order: z.enum(['ascending', 'descending']).default('ascending') })))
        .optional(),
    })
    .optional(),
});

export type ContainerDefinition = z.infer<typeof containerDefinition>;
