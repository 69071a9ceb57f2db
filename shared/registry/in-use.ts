import { SlipwayError } from '../platform/errors.ts';
import type { ModelUse, RegistryServices } from './services.ts';

/** Uses that a refusal names; the rest are counted. */
const MOST_NAMED = 5;

/**
 * Refuses what would take a model, or one version of it, away from under those who use it.
 *
 * @param wish what is refused, as in `Registered Model with name=heart cannot be deleted`
 * @throws SlipwayError RESOURCE_CONFLICT naming who uses it, and what to do first
 */
export const refuseInUse = async (
  { modelUses }: Pick<RegistryServices, 'modelUses'>,
  { name, version, wish }: { readonly name: string; readonly version?: number; readonly wish: string },
): Promise<void> => {
  const uses = (await modelUses?.of(name, version === undefined ? undefined : String(version))) ?? [];
  if (uses.length === 0) return;
  const named = uses.slice(0, MOST_NAMED).map(({ by, instead }) => `${by} (${instead})`);
  const more = uses.length - named.length;
  const text = [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  throw new SlipwayError('RESOURCE_CONFLICT', `${wish} while it is in use: ${text}`, {
    details: detailsOf(name, uses),
  });
};

const detailsOf = (name: string, [first]: readonly ModelUse[]) => ({
  model: name,
  ...(first === undefined ? {} : { version: first.version, endpoint: first.endpoint }),
  ...(first?.rollout === undefined ? {} : { rollout: first.rollout }),
});
