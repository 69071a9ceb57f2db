import { subjectOf } from '../events/subjects.ts';
import { isSlipwayError } from '../platform/errors.ts';
import { derivedId } from '../platform/ids.ts';
import { type Cause, journalEntry } from '../platform/journal.ts';
import type { Logger } from '../platform/logging.ts';
import { type Clock, toIso } from '../platform/time.ts';
import { getModelVersion } from '../registry/get-version.ts';
import type { OriginOf } from '../registry/model.ts';
import type { RegistryStore } from '../registry/store.ts';
import { type BuildPackageServices, type BuiltPackage, buildPackage } from './build-package.ts';
import type { ModelFiles } from './files/model-files.ts';
import type { Refusal } from './model/refusal.ts';
import type { PackageDocument } from './package-document.ts';
import type { PackageStore } from './package-store.ts';
import { modelIdOf } from './request-package.ts';

/** Finds the files of a version, wherever its source says they are. */
export interface ModelSource {
  /** The files, or the reason in one sentence why they cannot be read from here. */
  filesOf(version: {
    readonly source: string;
    readonly location?: string;
    readonly originOf?: OriginOf;
  }): Promise<{ readonly files: ModelFiles } | { readonly unreachable: string }>;
}

export interface BuildModelPackageServices extends BuildPackageServices {
  readonly registry: RegistryStore;
  readonly packageStore: PackageStore;
  readonly modelSource: ModelSource;
  readonly clock: Clock;
  readonly log: Logger;
}

type Requested = Extract<PackageDocument, { phase: 'requested' }>;

/**
 * Builds the package of a version that was asked for, and stores the image, or the reason why there can be none,
 * together with its journal entry. Anything but a request is left as it is, so a second message does nothing.
 *
 * @throws SlipwayError when files or images cannot be reached now; the host tries again
 */
export const buildModelPackage = async (
  services: BuildModelPackageServices,
  wish: { readonly model: string; readonly version: string; readonly modelId?: string | undefined },
): Promise<void> => {
  // By its id the request is found, and ended, also when the model was deleted meanwhile.
  const modelId = wish.modelId ?? (await modelIdOf(services, wish.model));
  const found = await services.packageStore.read(modelId, wish.version);
  if (found === undefined || found.value.phase !== 'requested') return;
  const began = services.clock();

  const result = await attempt(services, wish);

  const durationMs = services.clock() - began;
  const next =
    result.kind === 'built'
      ? builtOf(found.value, result, durationMs, services.clock)
      : refusedOf(found.value, result.refusal);
  await services.packageStore.save(modelId, next, { etag: found.etag, entry: entryOf(modelId, next, services.clock) });
  services.log.info({ model: wish.model, version: wish.version, phase: next.phase, durationMs }, 'package attempted');
};

type Attempt =
  | ({ readonly kind: 'built' } & BuiltPackage)
  | { readonly kind: 'refused'; readonly refusal: Pick<Refusal, 'message'> & { readonly code: string } };

const attempt = async (
  services: BuildModelPackageServices,
  { model, version: number }: { readonly model: string; readonly version: string },
): Promise<Attempt> => {
  const version = await versionIfAny(services, model, number);
  if (version === undefined) return { kind: 'refused', refusal: deleted(model, number) };
  const source = await services.modelSource.filesOf(version);
  return 'unreachable' in source
    ? { kind: 'refused', refusal: unreachable(source.unreachable) }
    : buildPackage(services, { name: model, version: number, files: source.files });
};

/** The version, or undefined: there was one when its package was asked for, so by now it has been deleted. */
const versionIfAny = async (services: BuildModelPackageServices, model: string, version: string) => {
  try {
    return await getModelVersion(services, model, version);
  } catch (cause) {
    if (isSlipwayError(cause) && cause.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw cause;
  }
};

const deleted = (model: string, version: string) => ({
  code: 'version-deleted',
  message: `version ${version} of '${model}' was deleted before it was packaged`,
});

const unreachable = (reason: string): Pick<Refusal, 'message'> & { readonly code: string } => ({
  code: 'artifacts-unreachable',
  message: `the files cannot be read: ${reason}. Upload them to this server, or register a source it can reach`,
});

const builtOf = (
  { model, version, ...base }: Requested,
  built: BuiltPackage,
  durationMs: number,
  clock: Clock,
): PackageDocument => ({
  ...base,
  model,
  version,
  phase: 'built',
  wakeUp: null,
  image: built.image,
  digest: built.digest,
  sizeBytes: built.sizeBytes,
  durationMs,
  builtAt: toIso(clock()),
  ...(built.servingInput === undefined ? {} : { servingInput: built.servingInput }),
});

const refusedOf = (base: Requested, { code, message }: { code: string; message: string }): PackageDocument => ({
  ...base,
  phase: 'refused',
  wakeUp: null,
  code,
  message,
});

/** One entry per request and outcome: the id comes from what asked for the package. */
const entryOf = (modelId: string, document: PackageDocument, clock: Clock) => {
  const { model, version, causedBy, correlationId } = document;
  const cause: Cause = { causedBy, correlationId };
  const id = derivedId('package', modelId, version, causedBy, document.phase);
  const subject = subjectOf.version(model, version);
  if (document.phase === 'built') {
    const { image, sizeBytes, durationMs } = document;
    const data = { model, version, image, sizeBytes, durationMs };
    return journalEntry(id, { type: 'slipway.package.built', subject, data }, cause, clock());
  }
  const { code, message } = document as Extract<PackageDocument, { phase: 'refused' }>;
  return journalEntry(
    id,
    { type: 'slipway.package.refused', subject, data: { model, version, code, message } },
    cause,
    clock(),
  );
};
