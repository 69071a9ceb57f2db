import { invalid } from '../mlflow/invalid.ts';
import { SlipwayError } from '../platform/errors.ts';
import type { Cause } from '../platform/journal.ts';
import { changeModel, type Decision } from './change-model.ts';
import { addVersion, newVersion } from './create-version.ts';
import { ensureModel } from './ensure-model.ts';
import type { ModelDocument } from './model.ts';
import type { RegistryServices } from './services.ts';

/** A version that another registry gave its number to. */
export interface ForeignVersion {
  readonly name: string;
  /** A string of digits, > 0. */
  readonly version: string;
  readonly source: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly origin: 'azure-ml';
}

/**
 * Mirrors a version of another registry under the same number; numbers may come in any order, and more than once.
 * A number that was mirrored, deleted, or given to a version with the same source is left as it is.
 *
 * @throws SlipwayError RESOURCE_ALREADY_EXISTS when the number belongs to another version of ours;
 * INVALID_PARAMETER_VALUE for a version that is no number
 */
export const registerForeignVersion = async (
  services: RegistryServices,
  foreign: ForeignVersion,
  cause: Cause,
): Promise<void> => {
  const number = Number(foreign.version);
  if (!/^\d+$/.test(foreign.version) || !Number.isSafeInteger(number) || number === 0) {
    throw invalid(`version '${foreign.version}' of model '${foreign.name}' is not a number above 0`);
  }
  await ensureModel(services, foreign.name, cause);
  await changeModel(services, foreign.name, async (model, at): Promise<Decision<ModelDocument, void>> => {
    if (await known(services, model, { ...foreign, number })) return { result: undefined };
    const { source, origin } = foreign;
    const tags = Object.entries(foreign.tags).map(([key, value]) => ({ key, value }));
    const fields = { source, origin, tags, runId: '', runLink: '', description: '' };
    return { ...addVersion(model, newVersion(model, { number, at }, fields), cause), result: undefined };
  });
};

const known = async (
  services: RegistryServices,
  model: ModelDocument,
  foreign: ForeignVersion & { readonly number: number },
): Promise<boolean> => {
  const found = (await services.registry.readVersion(model.modelId, foreign.number))?.value;
  if (found === undefined) return false;
  if (found.kind === 'deleted-version' || found.origin === foreign.origin || found.source === foreign.source)
    return true;
  throw new SlipwayError(
    'RESOURCE_ALREADY_EXISTS',
    `version ${foreign.number} of '${model.name}' is registered here with another source and cannot mirror ${foreign.origin}`,
    { details: { name: model.name, version: foreign.number } },
  );
};
