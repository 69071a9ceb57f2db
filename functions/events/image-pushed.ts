import { CONTAINER_REGISTRY, imagePushedData } from '../../shared/events/container-registry.ts';
import {
  type BuildEnvironmentServices,
  buildEnvironment,
} from '../../shared/packaging/environment/build-environment.ts';
import { defineEventHandler } from './handler.ts';

/** An image arrived in the registry: when it is an environment's, its builder is asked at once instead of later. */
export const imagePushed = defineEventHandler<BuildEnvironmentServices>({
  name: 'image-pushed',
  on: {
    [CONTAINER_REGISTRY.imagePushed]: async (event, services, { log }) => {
      const { repository, tag } = imagePushedData.parse(event.data).target;
      if (!repository.startsWith('env/') || tag == null || !/^[0-9a-f]{32}$/.test(tag)) return;
      await buildEnvironment({ ...services, log }, { key: tag });
    },
  },
});
