import { isSlipwayError } from '../platform/errors.ts';
import type { Logger } from '../platform/logging.ts';
import { type Clock, epochMs } from '../platform/time.ts';
import { getModelVersion } from '../registry/get-version.ts';
import type { ModelVersion, OriginOf } from '../registry/model.ts';
import type { RegistryStore } from '../registry/store.ts';
import { type BuildPackageServices, buildPackage } from './build-package.ts';
import { type ConvertServices, convertWhenAsked } from './conversion/convert-when-asked.ts';
import { type EnsureEnvironmentServices, ensureEnvironment } from './environment/ensure-environment.ts';
import type { EnvironmentSource } from './environment/environment-source.ts';
import { readEnvironment } from './environment/read-environment.ts';
import type { ModelFiles } from './files/model-files.ts';
import type { ModelLimits } from './model/check-listing.ts';
import { planServing } from './model/plan-serving.ts';
import { readModel } from './model/read-model.ts';
import type { RequestedPackage } from './package-document.ts';
import { type Attempt, afterAttempt, entryOf, type Refused } from './package-outcome.ts';
import type { PackageStore } from './package-store.ts';
import type { PackagedServer, PackageProfile } from './plan-image.ts';
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

export interface BuildModelPackageServices extends BuildPackageServices, EnsureEnvironmentServices, ConvertServices {
  readonly registry: RegistryStore;
  readonly packageStore: PackageStore;
  readonly modelSource: ModelSource;
  readonly limits?: ModelLimits;
  /** How images are packed. */
  readonly profile?: PackageProfile;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Builds the package of a version that was asked for, and stores the image, or the reason why there can be none,
 * together with its journal entry. A model that needs an environment that is not there yet waits for it, and is looked
 * at again. Anything but a request is left as it is, so a second message does nothing.
 *
 * @throws SlipwayError when files, environments or images cannot be reached now; the host tries again
 */
export const buildModelPackage = async (
  services: BuildModelPackageServices,
  wish: { readonly model: string; readonly version: string; readonly modelId?: string | undefined },
): Promise<void> => {
  const { packageStore, clock, log } = services;
  // By its id the request is found, and ended, also when the model was renamed or deleted meanwhile.
  const modelId = wish.modelId ?? (await modelIdOf(services, wish.model));
  const found = await packageStore.read(modelId, wish.version);
  if (found === undefined || found.value.phase !== 'requested') return;

  const result = (await stillWaits(services, found.value)) ?? (await attempt(services, modelId, found.value));

  const next = afterAttempt(found.value, { modelId, result, now: clock() });
  const entry = entryOf(modelId, next, clock());
  await packageStore.save(modelId, next, { etag: found.etag, ...(entry === undefined ? {} : { entry }) });
  log.info({ model: wish.model, version: wish.version, outcome: result.kind }, 'package attempted');
};

/** While the environment is being built nothing else can have changed: the model is not read again for that. */
const stillWaits = async (
  { environments }: BuildModelPackageServices,
  { waitingFor }: RequestedPackage,
): Promise<Attempt | undefined> => {
  if (waitingFor === undefined) return undefined;
  const phase = (await environments.read(waitingFor.environment))?.value.phase;
  return phase === 'requested' || phase === 'building' ? { kind: 'waits', key: waitingFor.environment } : undefined;
};

const attempt = async (
  services: BuildModelPackageServices,
  modelId: string,
  request: RequestedPackage,
): Promise<Attempt> => {
  const { clock } = services;
  const began = clock();
  const version = await versionIfAny(services, modelId, request);
  if (version === undefined) return deleted(request);
  const source = await services.modelSource.filesOf(version);
  if ('unreachable' in source) return unreachable(source.unreachable);
  const folder = await readModel(source.files);
  const plan = planServing(folder, services.limits);
  const modelMs = clock() - began;
  if (plan.kind === 'refused') return plan;
  const { listing, servingInput } = folder;
  const { mlmodel, signatureJson } = plan;
  const model = {
    ...{ name: version.name, version: request.version, files: source.files, listing, mlmodel, signatureJson },
    ...(services.profile === undefined ? {} : { profile: services.profile }),
  };
  const example = servingInput === undefined ? {} : { servingInput: servingInput.content };
  if (plan.kind === 'onnx') {
    const built = await buildPackage(services, { ...model, server: { kind: 'onnx' } });
    return { kind: 'built', built, server: 'onnx', modelMs, warnings: [], ...example };
  }
  const { files } = source;
  const askedAt = epochMs(Date.parse(request.requestedAt));
  const converted = await convertWhenAsked(services, { option: request.onnx, plan, files, folder, askedAt });
  if (converted.kind === 'wait') return { kind: 'converts', lookAgainMs: converted.lookAgainMs };
  if (converted.kind === 'refused') return { kind: 'refused', refusal: converted };
  const conversion = converted.conversion === undefined ? {} : { conversion: converted.conversion };
  if (converted.kind === 'onnx') {
    const graph = { files: converted.files, listing: converted.folder.listing, mlmodel: converted.plan.mlmodel };
    const built = await buildPackage(services, { ...model, ...graph, server: { kind: 'onnx' } });
    return { kind: 'built', built, server: 'onnx', ...conversion, modelMs, warnings: [], ...example };
  }
  const found = await environmentFor(services, plan.environment, request);
  if (found.kind !== 'there') return found;
  const built = await buildPackage(services, { ...model, server: found.server });
  const { environment, warnings } = found;
  return { kind: 'built', built, server: 'python', environment, ...conversion, modelMs, warnings, ...example };
};

interface EnvironmentThere extends Pick<Extract<Attempt, { kind: 'built' }>, 'warnings'> {
  readonly kind: 'there';
  readonly server: PackagedServer;
  readonly environment: NonNullable<Extract<Attempt, { kind: 'built' }>['environment']>;
}

const environmentFor = async (
  services: BuildModelPackageServices,
  source: EnvironmentSource,
  request: RequestedPackage,
): Promise<EnvironmentThere | Extract<Attempt, { kind: 'waits' | 'refused' }>> => {
  const read = readEnvironment(source, services.environmentBuilder);
  if (read.kind === 'refused') return { kind: 'refused', refusal: read };
  const { causedBy, correlationId } = request;
  const state = await ensureEnvironment(services, read.spec, { causedBy, correlationId });
  switch (state.phase) {
    case 'building':
      return { kind: 'waits', key: state.key };
    case 'failed':
      return { kind: 'refused', refusal: state };
    case 'built': {
      const { key, repository, image, digest, python, lock } = state;
      return {
        kind: 'there',
        server: {
          kind: 'environment',
          ...{ key, repository, digest },
          ...(lock === undefined ? {} : { libraries: lock.packages }),
        },
        environment: { key, image, digest, python },
        warnings: [...read.warnings, ...otherPython(python)],
      };
    }
    default:
      return state satisfies never;
  }
};

const otherPython = ({ wanted, used }: { readonly wanted: string; readonly used: string }): readonly string[] =>
  wanted === used ? [] : [`The model was logged with Python ${wanted}, and runs with Python ${used}.`];

/** The version under its model's name now, or undefined: there was one, so by now it has been deleted. */
const versionIfAny = async (
  services: BuildModelPackageServices,
  modelId: string,
  { version }: RequestedPackage,
): Promise<ModelVersion | undefined> => {
  const model = (await services.registry.readModel(modelId))?.value;
  if (model?.kind !== 'registered-model') return undefined;
  try {
    return await getModelVersion(services, model.name, version);
  } catch (cause) {
    if (isSlipwayError(cause) && cause.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw cause;
  }
};

const deleted = ({ model, version }: RequestedPackage): Refused => ({
  kind: 'refused',
  refusal: { code: 'version-deleted', message: `version ${version} of '${model}' was deleted before it was packaged` },
});

const unreachable = (reason: string): Refused => ({
  kind: 'refused',
  refusal: {
    code: 'artifacts-unreachable',
    message: `the files cannot be read: ${reason}. Upload them to this server, or register a source it can reach`,
  },
});
