import { isSlipwayError } from '../platform/errors.ts';
import type { Clock } from '../platform/time.ts';
import { imageTag } from './image/image-name.ts';
import type { Descriptor, ImageStore } from './image/ports.ts';
import { PROVENANCE_MEDIA_TYPE, provenance } from './image/provenance.ts';
import { SBOM_MEDIA_TYPE, sbom } from './image/sbom.ts';
import { type ImageSigner, signImage } from './image/sign-image.ts';
import { storeBases } from './image/store-base.ts';
import { storeBlob } from './image/store-blob.ts';
import { type LayerServices, type StoredLayer, storeLayers } from './image/store-layers.ts';
import { storeReferrer } from './image/store-referrer.ts';
import {
  type AssembledImage,
  assembleImage,
  type ImagePlan,
  type ImagePlanServices,
  type PackageRequest,
  planImage,
} from './plan-image.ts';

export interface BuildPackageServices extends ImagePlanServices, LayerServices {
  readonly clock: Clock;
  /** Signs images; without one they are not signed. */
  readonly signer?: ImageSigner | undefined;
}

/** A layer of the package itself, not of its base. */
export interface PackageLayer extends Descriptor {
  readonly title: string;
  /** By which it is found again; absent when a file has no content id. */
  readonly key?: string;
  readonly arrival: StoredLayer['arrival'];
}

export interface BuiltPackage {
  /** `<registry>/<repository>@sha256:<hex>`. */
  readonly image: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** Stored bytes of all layers, configs and manifests, of the base too. */
  readonly sizeBytes: number;
  /** Bytes of layers that had to be sent. */
  readonly sentBytes: number;
  readonly layers: readonly PackageLayer[];
  /** The same for the same model files, however they are packed. */
  readonly modelDigest: string;
  /** The manifests that it was built on, one per platform. */
  readonly bases: readonly { readonly name: string; readonly digest: string }[];
  readonly environment?: { readonly key: string; readonly image: string };
  /** Layers that did not have to be sent, of all layers. */
  readonly cacheHits: number;
  readonly durationsMs: StageDurations;
  /** Digests of what is attached to the image. */
  readonly sbom: string;
  readonly provenance: string;
  readonly signature?: string;
}

/** Milliseconds. */
export interface StageDurations {
  /** Reading the base and the listings. */
  readonly plan: number;
  /** Reading, hashing and sending layers. */
  readonly layers: number;
  readonly manifest: number;
  /** Bill of materials, provenance and signature. */
  readonly attachments: number;
}

/**
 * Builds the image of one model version and stores it. Streams: memory does not grow with the model. The same files
 * give the same digest, and layers that the registry has are not sent again.
 *
 * @throws SlipwayError INVALID_STATE when a file changes while it is read or a layer of the base is gone; what
 * `planImage` throws; what the ports throw
 */
export const buildPackage = async (services: BuildPackageServices, request: PackageRequest): Promise<BuiltPackage> => {
  const { images, clock } = services;
  const began = clock();
  const plan = await planImage(services, request);
  const planned = clock();
  const { repository } = plan;
  await storeBases(images, repository, plan.bases);
  const layers = await storeLayers(services, repository, plan.layers);
  const layered = clock();
  const image = assembleImage(plan, layers);
  const sentAgain = await storeImage(services, plan, image);
  const stored = clock();
  const attached = await attach(services, plan, image);

  const durationsMs = {
    plan: planned - began,
    layers: layered - planned,
    manifest: stored - layered,
    attachments: clock() - stored,
  };
  return { ...describe(images, plan, { layers: sentAgain ?? layers, image }), ...attached, durationsMs };
};

/**
 * Stores configs, manifests and the tag. What was known about layers can be out of date, when the registry has cleaned
 * up: then all of them are sent once more.
 *
 * @returns the layers as they were sent again, if they were
 */
const storeImage = async (
  services: BuildPackageServices,
  plan: ImagePlan,
  image: AssembledImage,
): Promise<readonly StoredLayer[] | undefined> => {
  try {
    await storeDocuments(services.images, plan, image);
    return undefined;
  } catch (error) {
    if (!isSlipwayError(error) || error.code !== 'INVALID_STATE') throw error;
    const layers = await storeLayers(services, plan.repository, plan.layers, { forget: true });
    await storeDocuments(services.images, plan, image);
    return layers;
  }
};

const storeDocuments = async (images: ImageStore, plan: ImagePlan, image: AssembledImage): Promise<void> => {
  const { repository, request } = plan;
  for (const { descriptor, bytes } of image.configs) {
    await storeBlob(images, repository, { mediaType: descriptor.mediaType, bytes });
  }
  for (const manifest of image.manifests) {
    if (manifest !== image.root) await images.putManifest(repository, manifest);
  }
  await images.putManifest(repository, image.root, imageTag(request.version));
};

const attach = async (
  { images, signer, profile }: BuildPackageServices,
  { repository, request, bases, environment }: ImagePlan,
  { root, created, modelDigest, modelFiles, serverFiles }: AssembledImage,
): Promise<Pick<BuiltPackage, 'sbom' | 'provenance' | 'signature'>> => {
  const { digest } = root.descriptor;
  const image = `${images.registry}/${repository}`;
  const model = { name: request.name, version: request.version, digest: modelDigest };
  const about = { image, digest, created, model, modelFiles };
  const libraries = request.server.kind === 'environment' ? (request.server.libraries ?? []) : [];
  const encoding = profile?.encoding ?? 'stored';
  // One after the other: where a registry keeps referrers under a tag, each one changes it.
  const sbomDigest = await storeReferrer(images, repository, root, {
    artifactType: SBOM_MEDIA_TYPE,
    bytes: sbom({ ...about, serverFiles, libraries }),
    created,
  });
  const provenanceDigest = await storeReferrer(images, repository, root, {
    artifactType: PROVENANCE_MEDIA_TYPE,
    bytes: provenance({ ...about, bases, environment, encoding }),
    created,
  });
  const signature = signer && (await signImage({ images, signer }, repository, digest));
  return { sbom: sbomDigest, provenance: provenanceDigest, ...(signature === undefined ? {} : { signature }) };
};

const describe = (
  { registry }: ImageStore,
  { repository, request, bases, environment }: ImagePlan,
  { layers, image }: { readonly layers: readonly StoredLayer[]; readonly image: AssembledImage },
): Omit<BuiltPackage, 'durationsMs' | 'sbom' | 'provenance' | 'signature'> => {
  const { digest } = image.root.descriptor;
  const documents = new Set([...image.configs, ...image.manifests, image.root].map(({ descriptor }) => descriptor));
  const parts = [...bases.flatMap((base) => base.layers), ...layers, ...documents];
  const sent = layers.filter(({ arrival }) => arrival === 'sent');
  return {
    image: `${registry}/${repository}@${digest}`,
    repository,
    tag: imageTag(request.version),
    digest,
    sizeBytes: sizeOf([...new Map(parts.map((part) => [part.digest, part])).values()]),
    sentBytes: sizeOf(sent),
    layers: layers.map(({ mediaType, digest: layerDigest, size, title, key, arrival }) => ({
      mediaType,
      digest: layerDigest,
      size,
      title,
      ...(key === undefined ? {} : { key }),
      arrival,
    })),
    modelDigest: image.modelDigest,
    bases: bases.map(({ name, digest: baseDigest }) => ({ name, digest: baseDigest })),
    ...(environment ? { environment } : {}),
    cacheHits: layers.length - sent.length,
  };
};

const sizeOf = (parts: readonly { readonly size: number }[]): number => parts.reduce((sum, { size }) => sum + size, 0);
