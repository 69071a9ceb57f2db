import * as z from 'zod';

/** Events of Azure Container Registry that are received. */
export const CONTAINER_REGISTRY = { imagePushed: 'Microsoft.ContainerRegistry.ImagePushed' } as const;

/**
 * An image was pushed. By digest there is no tag.
 *
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-container-registry
 */
export const imagePushedData = z.object({
  target: z.object({ repository: z.string(), tag: z.string().nullish(), digest: z.string().nullish() }),
});
