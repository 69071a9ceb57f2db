import type { Caller } from '../access/caller.ts';
import type { AnyRoute } from './route.ts';

/**
 * Refuses who may not call the route, whatever he asks.
 *
 * @throws SlipwayError PERMISSION_DENIED
 */
export const authorizeRoute = ({ access, models }: AnyRoute<never>, caller: Caller): void => {
  if (access === 'public') return;
  if (models === 'all') caller.requireForAll(access);
  else caller.require(access);
};

/**
 * Refuses who may not call the route for the models that he asks about.
 *
 * @throws SlipwayError PERMISSION_DENIED naming the first such model
 */
export const authorizeInput = ({ access, models }: AnyRoute<never>, caller: Caller, input: unknown): void => {
  if (access === 'public' || typeof models !== 'function') return;
  for (const model of models(input as never)) caller.require(access, model);
};
