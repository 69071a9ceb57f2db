import { SlipwayError } from '../platform/errors.ts';
import type { Cause } from '../platform/journal.ts';
import { type Clock, toIso } from '../platform/time.ts';
import type { RegistryStore } from '../registry/store.ts';
import type { ConversionOption } from './conversion/conversion-option.ts';
import { type PackageDocument, packageId } from './package-document.ts';
import type { PackageStore } from './package-store.ts';

export interface RequestPackageServices {
  readonly registry: RegistryStore;
  readonly packageStore: PackageStore;
  readonly clock: Clock;
}

interface PackageWish {
  readonly model: string;
  readonly version: string;
  /** Whether a Python model is to be converted; the wish of who asks first counts. */
  readonly onnx?: ConversionOption;
}

/**
 * Asks for the package of a version. One that is asked for or built stays as it is; one that was refused is tried
 * again when the cause is another, because its files may have been mended.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST for an unknown model; RESOURCE_CONFLICT to be tried again
 */
export const requestPackage = async (
  services: RequestPackageServices,
  { model, version, onnx }: PackageWish,
  cause: Cause,
): Promise<void> => {
  const { packageStore, clock } = services;
  const modelId = await modelIdOf(services, model);
  const found = await packageStore.read(modelId, version);
  if (found !== undefined && (found.value.phase !== 'refused' || found.value.causedBy === cause.causedBy)) return;
  const now = clock();
  const requested: PackageDocument = {
    id: packageId(version),
    kind: 'package',
    phase: 'requested',
    model,
    modelId,
    version,
    requestedAt: toIso(now),
    causedBy: cause.causedBy,
    correlationId: cause.correlationId,
    ...(onnx === undefined || onnx.convert === 'off' ? {} : { onnx }),
    wakeUp: { queue: 'build-package', at: now, message: { model, version, modelId } },
  };
  const saved = await packageStore.save(modelId, requested, found === undefined ? {} : { etag: found.etag });
  if (!saved) throw new SlipwayError('RESOURCE_CONFLICT', `the package of ${model} ${version} changed meanwhile`);
};

/** The package document of a version, or undefined when nobody asked for it. */
export const findPackage = async (
  services: RequestPackageServices,
  { model, version }: { readonly model: string; readonly version: string },
): Promise<PackageDocument | undefined> =>
  (await services.packageStore.read(await modelIdOf(services, model), version))?.value;

/** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
export const modelIdOf = async ({ registry }: Pick<RequestPackageServices, 'registry'>, model: string) => {
  const found = await registry.findModel(model);
  if (found === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no registered model '${model}'`);
  return found.value.modelId;
};
