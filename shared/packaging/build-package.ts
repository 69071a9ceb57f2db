import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { SlipwayError } from '../platform/errors.ts';
import { compareBytes } from './files/file-path.ts';
import type { ModelFile, ModelFiles } from './files/model-files.ts';
import { type BaseImage, type ImageDocuments, imageDocuments } from './image/image.ts';
import { imageTag, repositoryName } from './image/image-name.ts';
import { createdAt, imageLabels } from './image/labels.ts';
import { type LayerPlan, layerContent, measureLayer, planLayers } from './image/layer.ts';
import type { Descriptor, ImageStore, LayerFact, StoredDocument } from './image/ports.ts';
import { type CheckedModel, checkModel, type ModelLimits } from './model/check-model.ts';
import { type ModelFolder, readModel } from './model/read-model.ts';
import type { Refusal } from './model/refusal.ts';
import type { Signature } from './model/signature.ts';

const SERVER_ROOT = 'opt/server';
const SERVER_ENTRY = 'main.mjs';
const MODEL_ROOT = 'opt/ml/model';
const PORT = 5001;

/** What the packaged server reads at start; the first two are Azure ML's names, the others MLflow's. */
const ENV = {
  AZUREML_MODEL_DIR: '/opt/ml',
  MLFLOW_MODEL_FOLDER: 'model',
  MLFLOW_MODEL_URI: '/opt/ml/model',
  MLFLOW_DISABLE_ENV_CREATION: 'true',
  PORT: String(PORT),
} as const;

export interface BuildPackageServices {
  readonly images: ImageStore;
  /** The ready-made scoring server. */
  readonly server: ModelFiles;
  /** Without one the image holds server and model only, and whatever starts it brings Node. */
  readonly base?: BaseImage;
  readonly limits?: ModelLimits;
}

export interface PackageRequest {
  /** Of the registered model. */
  readonly name: string;
  readonly version: string;
  readonly files: ModelFiles;
}

export interface BuiltPackage {
  /** `<registry>/<repository>@sha256:<hex>`. */
  readonly image: string;
  readonly digest: string;
  /** Stored bytes of all layers, config and manifest. */
  readonly sizeBytes: number;
  readonly layers: readonly Descriptor[];
  /** The same for the same model files, however they are packed. */
  readonly modelDigest: string;
  readonly signature: Signature;
  /** A whole request body, from the model's own input example. */
  readonly servingInput?: string;
}

export type PackageOutcome =
  | ({ readonly kind: 'built' } & BuiltPackage)
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Packages one model version as an OCI image, or says why it cannot be served. Streams: memory does not grow with the
 * model. The same files give the same digest, and blobs that are stored already are not sent again.
 *
 * @throws SlipwayError INVALID_STATE when a file changes while it is read or the base is not stored, INTERNAL_ERROR when
 * the scoring server has not been built, and what the ports throw
 */
export const buildPackage = async (
  services: BuildPackageServices,
  request: PackageRequest,
): Promise<PackageOutcome> => {
  const folder = await readModel(request.files);
  const checked = checkModel(folder, services.limits);
  if (checked.kind === 'refused') return checked;
  return { kind: 'built', ...(await buildImage(services, request, folder, checked)) };
};

const buildImage = async (
  { images, server, base }: BuildPackageServices,
  { name, version, files }: PackageRequest,
  folder: ModelFolder,
  { mlmodel, signature, signatureJson }: CheckedModel & { kind: 'servable' },
): Promise<BuiltPackage> => {
  const repository = repositoryName(name);
  await requireBase(images, repository, base);
  const serverListing = await serverFiles(server);
  const serverPlans = planLayers({ title: 'scoring server', root: SERVER_ROOT, files: server, listing: serverListing });
  const modelPlans = planLayers({ title: 'model', root: MODEL_ROOT, files, listing: folder.listing });
  const serverFacts = await storeLayers(images, repository, serverPlans);
  const modelFacts = await storeLayers(images, repository, modelPlans);
  const modelDigest = contentDigest(modelFacts);
  const layers = [...serverFacts, ...modelFacts];
  const documents = imageDocuments({
    base,
    layers,
    created: createdAt(mlmodel),
    labels: imageLabels({ model: name, version, modelDigest, mlmodel, signatureJson }),
    env: ENV,
    entrypoint: ['node', `/${SERVER_ROOT}/${SERVER_ENTRY}`],
    workingDir: '/opt/ml',
    user: '65532:65532',
    port: PORT,
  });
  const { descriptor } = await storeDocuments(images, repository, version, documents);
  const stored = [...(base?.layers ?? []), ...layers, documents.config.descriptor, descriptor];
  return {
    image: `${images.registry}/${repository}@${descriptor.digest}`,
    digest: descriptor.digest,
    sizeBytes: stored.reduce((sum, { size }) => sum + size, 0),
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    modelDigest,
    signature,
    ...(folder.servingInput ? { servingInput: folder.servingInput.content } : {}),
  };
};

const serverFiles = async (server: ModelFiles): Promise<readonly ModelFile[]> => {
  const listing: ModelFile[] = [];
  for await (const file of server.list()) listing.push(file);
  if (listing.some(({ path }) => path === SERVER_ENTRY)) return listing;
  throw new SlipwayError('INTERNAL_ERROR', `the scoring server has no ${SERVER_ENTRY}: it has not been built`);
};

const requireBase = async (images: ImageStore, repository: string, base: BaseImage | undefined): Promise<void> => {
  for (const { digest } of base?.layers ?? []) {
    if (await images.hasBlob(repository, digest)) continue;
    throw new SlipwayError('INVALID_STATE', `the base image ${base?.name} is not in the registry`, {
      details: { digest },
    });
  }
};

type TitledFact = LayerFact & { readonly title: string };

const storeLayers = async (
  images: ImageStore,
  repository: string,
  plans: readonly LayerPlan[],
): Promise<readonly TitledFact[]> => {
  const facts: TitledFact[] = [];
  // One after the other: two streams of a large model at once would double the memory.
  for (const plan of plans) facts.push({ ...(await storeLayer(images, repository, plan)), title: plan.title });
  return facts;
};

const storeLayer = async (images: ImageStore, repository: string, plan: LayerPlan): Promise<LayerFact> => {
  const known = plan.key === undefined ? undefined : await images.recallLayer(plan.key);
  const fact = known ?? (await measureLayer(plan));
  const { mediaType, digest, size } = fact;
  if (!(await images.hasBlob(repository, digest))) {
    await images.putBlob(repository, { mediaType, digest, size }, async () => layerContent(plan));
  }
  if (known === undefined && plan.key !== undefined) await images.rememberLayer(plan.key, fact);
  return fact;
};

const storeDocuments = async (
  images: ImageStore,
  repository: string,
  version: string,
  { config, manifest }: ImageDocuments,
): Promise<StoredDocument> => {
  await images.putBlob(repository, config.descriptor, async () => Readable.from([config.bytes], { objectMode: false }));
  await images.putManifest(repository, imageTag(version), manifest);
  return manifest;
};

/** sha256 over `<hex>  <path>` lines in order of path, as `sha256sum` writes them. */
const contentDigest = (facts: readonly LayerFact[]): string => {
  const files = facts
    .flatMap((fact) => fact.files)
    .map(({ path, sha256 }) => ({ sha256, path: path.slice(MODEL_ROOT.length + 1) }));
  const lines = files.sort((a, b) => compareBytes(a.path, b.path)).map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`;
};
