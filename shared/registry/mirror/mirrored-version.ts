import { checkLength } from '../../mlflow/check-length.ts';
import { checkTags } from '../../mlflow/tags.ts';
import type { Cause } from '../../platform/journal.ts';
import { changeModel, type Decision } from '../change-model.ts';
import { addVersion, newVersion } from '../create-version.ts';
import { ensureModel } from '../ensure-model.ts';
import type { ModelDocument, OriginOf } from '../model.ts';
import type { RegistryServices } from '../services.ts';
import { checkRunId, MAX_DESCRIPTION, MAX_SOURCE } from '../validate.ts';

/** What mirrors a version of an origin server here: its number, and whether it is still there. */
export interface Mirrored {
  readonly number: number;
  readonly live: boolean;
}

/** What mirrors this version of an origin server; undefined when nothing ever did. */
export const findMirrored = async (
  { registry }: Pick<RegistryServices, 'registry'>,
  modelId: string,
  originOf: OriginOf,
): Promise<Mirrored | undefined> => {
  const where = (['server', 'name', 'version'] as const).map(
    (part) => ({ path: `originOf.${part}`, op: '=', value: originOf[part] }) as const,
  );
  for await (const { value } of registry.versions(modelId, { where, limit: 1 })) {
    return { number: value.version, live: true };
  }
  for await (const { value } of registry.tombstones(modelId)) {
    if (isSame(value.originOf, originOf)) return { number: value.version, live: false };
  }
  return undefined;
};

const isSame = (a: OriginOf | undefined, b: OriginOf): boolean =>
  a?.server === b.server && a.name === b.name && a.version === b.version;

/** A version of an origin server, as it is to be here. */
export interface VersionToMirror {
  /** Of the model here. */
  readonly name: string;
  readonly originOf: OriginOf;
  readonly source: string;
  /** Where its files can be read, when that is known by now. */
  readonly location?: string;
  readonly runId: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Registers what a version of an origin server is, once: under its own number when that was never given here, else
 * under the next. What was mirrored before is left as it is, deleted or not.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for what no version may have here
 */
export const registerMirroredVersion = async (
  services: RegistryServices,
  wish: VersionToMirror,
  cause: Cause,
): Promise<Mirrored> => {
  const fields = checkedFields(wish);
  await ensureModel(services, wish.name, cause);
  return changeModel(services, wish.name, async (model, at): Promise<Decision<ModelDocument, Mirrored>> => {
    const known = await findMirrored(services, model.modelId, wish.originOf);
    if (known !== undefined) return { result: known };
    const number = await freeNumber(services, model, Number(wish.originOf.version));
    const result = { number, live: true };
    return { ...addVersion(model, newVersion(model, { number, at }, fields), cause), result };
  });
};

const checkedFields = ({ originOf, source, location, runId, description, tags }: VersionToMirror) => ({
  origin: 'mlflow-server' as const,
  originOf,
  source: checkLength('source', source, MAX_SOURCE),
  ...(location === undefined ? {} : { location }),
  runId: checkRunId(runId),
  runLink: '',
  description: description.slice(0, MAX_DESCRIPTION),
  tags: checkTags(Object.entries(tags).map(([key, value]) => ({ key, value }))),
});

const freeNumber = async ({ registry }: RegistryServices, model: ModelDocument, wanted: number): Promise<number> => {
  const taken = (await registry.readVersion(model.modelId, wanted)) !== undefined;
  return taken ? model.lastVersion + 1 : wanted;
};
