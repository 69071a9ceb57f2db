import type { CosmosClient } from '@azure/cosmos';
import { CONTAINERS, type ContainerDefinition, DATABASE } from '../../shared/platform/resources.ts';

/** Makes the database and every container that is not there yet. In Azure the infrastructure does it. */
export const ensureCosmosContainers = async (client: CosmosClient): Promise<void> => {
  const { database } = await client.databases.createIfNotExists({ id: DATABASE });
  for (const [id, definition] of Object.entries<ContainerDefinition>(CONTAINERS)) {
    const { partitionKey, defaultTtl } = definition;
    await database.containers.createIfNotExists({
      id,
      partitionKey: { paths: [partitionKey] },
      ...(defaultTtl === undefined ? {} : { defaultTtl }),
    });
  }
};
