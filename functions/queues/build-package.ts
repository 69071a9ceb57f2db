import * as z from 'zod';
import { type BuildModelPackageServices, buildModelPackage } from '../../shared/packaging/build-model-package.ts';
import { defineQueueHandler } from './handler.ts';

/** Packages one model version. */
export const buildPackageHandler = defineQueueHandler<BuildModelPackageServices>()({
  queue: 'build-package',
  message: z.object({ model: z.string(), version: z.string(), modelId: z.string().optional() }),
  handle: (message, services, log) => buildModelPackage({ ...services, log }, message),
});
