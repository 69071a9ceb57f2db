import * as z from 'zod';
import {
  type BuildEnvironmentServices,
  buildEnvironment,
} from '../../shared/packaging/environment/build-environment.ts';
import { defineQueueHandler } from './handler.ts';

/** One turn of building one environment. */
export const buildEnvironmentHandler = defineQueueHandler<BuildEnvironmentServices>()({
  queue: 'build-environment',
  message: z.object({ key: z.string() }),
  handle: (message, services, log) => buildEnvironment({ ...services, log }, message),
});
