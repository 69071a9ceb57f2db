import { createHash } from 'node:crypto';
import { SlipwayError } from '../platform/errors.ts';
import { compareBytes } from './files/file-path.ts';
import type { ModelFile, ModelFiles } from './files/model-files.ts';
import { imageDocuments, imageIndex } from './image/image.ts';
import type { RunSettings } from './image/image-config.ts';
import { type ImageReference, repositoryName } from './image/image-name.ts';
import { createdAt, imageLabels } from './image/labels.ts';
import { type LayerEncoding, type LayerPlan, planLayers } from './image/layer.ts';
import { LINUX_AMD64, type Platform, platformText } from './image/platform.ts';
import type { ImageStore, LayerFact, StoredDocument } from './image/ports.ts';
import { type BaseImage, readBase } from './image/read-base.ts';
import type { PackagedLibrary } from './image/sbom.ts';
import type { FileDigest } from './image/tar-digests.ts';
import type { Mlmodel } from './model/mlmodel.ts';

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

/** What serves the model in its image: the Node server, which we bring, or an environment image, which has its own. */
export type PackagedServer =
  | { readonly kind: 'onnx' }
  | {
      readonly kind: 'environment';
      readonly key: string;
      readonly repository: string;
      /** Of the environment image, or of an index of them. */
      readonly digest: string;
      /** What the environment was resolved to, when that is known. */
      readonly libraries?: readonly PackagedLibrary[];
    };

/** How images are packed; what is left out is the default. */
export interface PackageProfile {
  /** Default `stored`. */
  readonly encoding?: LayerEncoding;
  /** One image is made for each, default linux/amd64; several need an environment image or a base that has them all. */
  readonly platforms?: readonly Platform[];
}

/** A model version that was read and found servable. */
export interface PackageRequest {
  /** Of the registered model. */
  readonly name: string;
  readonly version: string;
  readonly files: Pick<ModelFiles, 'open'>;
  readonly listing: readonly ModelFile[];
  readonly mlmodel: Mlmodel;
  readonly signatureJson?: string | undefined;
  readonly server: PackagedServer;
}

export interface ImagePlanServices {
  readonly images: ImageStore;
  /** The ready-made scoring server for onnx models, on linux/amd64. */
  readonly server: ModelFiles;
  /** What onnx images are built on. Without one they hold server and model only, and whatever starts them brings Node. */
  readonly base?: ImageReference | undefined;
  readonly profile?: PackageProfile;
}

/** All that an image follows from but the digests of its own layers. */
export interface ImagePlan {
  readonly request: PackageRequest;
  readonly repository: string;
  /** One per platform; none when the image is built on nothing. */
  readonly bases: readonly BaseImage[];
  readonly layers: readonly LayerPlan[];
  readonly environment: { readonly key: string; readonly image: string } | undefined;
  readonly run: RunSettings;
}

/**
 * @throws SlipwayError INTERNAL_ERROR when the scoring server has not been built, RESOURCE_DOES_NOT_EXIST when the base
 * is not there or not for the platform, INVALID_PARAMETER_VALUE for a path that may not be in a layer
 */
export const planImage = async (services: ImagePlanServices, request: PackageRequest): Promise<ImagePlan> => {
  const { images, server } = services;
  const encoding = services.profile?.encoding ?? 'stored';
  const bases = await readBases(services, request);
  const { files, listing } = request;
  const modelLayers = planLayers({ title: 'model', root: MODEL_ROOT, files, listing, encoding });
  const shared = { request, repository: repositoryName(request.name), bases };
  if (request.server.kind === 'environment') {
    const { key, repository, digest } = request.server;
    const environment = { key, image: `${images.registry}/${repository}@${digest}` };
    return { ...shared, layers: modelLayers, environment, run: { env: ENV, workingDir: '/opt/ml', port: PORT } };
  }
  const serverListing = await serverFiles(server);
  const ours = { title: 'scoring server', root: SERVER_ROOT, files: server, listing: serverListing, encoding };
  return {
    ...shared,
    layers: [...planLayers(ours), ...modelLayers],
    environment: undefined,
    run: {
      env: ENV,
      entrypoint: ['node', `/${SERVER_ROOT}/${SERVER_ENTRY}`],
      workingDir: '/opt/ml',
      user: '65532:65532',
      port: PORT,
    },
  };
};

const readBases = async (
  { images, base, profile }: ImagePlanServices,
  { server }: PackageRequest,
): Promise<readonly BaseImage[]> => {
  const platforms = profile?.platforms ?? [LINUX_AMD64];
  const other = platforms.find((platform) => platformText(platform) !== platformText(LINUX_AMD64));
  if (server.kind === 'onnx' && other !== undefined) {
    const message = `the scoring server for onnx models is built for linux/amd64, not for ${platformText(other)}`;
    throw new SlipwayError('INVALID_PARAMETER_VALUE', message);
  }
  const reference = server.kind === 'environment' ? { repository: server.repository, reference: server.digest } : base;
  if (reference === undefined) return [];
  return Promise.all(platforms.map((platform) => readBase(images, reference, platform)));
};

const serverFiles = async (server: ModelFiles): Promise<readonly ModelFile[]> => {
  const listing: ModelFile[] = [];
  for await (const file of server.list()) listing.push(file);
  if (listing.some(({ path }) => path === SERVER_ENTRY)) return listing;
  throw new SlipwayError('INTERNAL_ERROR', `the scoring server has no ${SERVER_ENTRY}: it has not been built`);
};

export type PlannedLayerFact = LayerFact & { readonly title: string };

/** The documents of an image: per platform a config and a manifest, and for several platforms an index of them. */
export interface AssembledImage {
  /** What the tag points at and deployments name. */
  readonly root: StoredDocument;
  readonly configs: readonly StoredDocument[];
  readonly manifests: readonly StoredDocument[];
  /** The same for the same model files, however they are packed. */
  readonly modelDigest: string;
  readonly modelFiles: readonly FileDigest[];
  readonly serverFiles: readonly FileDigest[];
  readonly created: string;
}

/**
 * The image as it follows from its plan and its layers, in the plan's order; nothing is read or stored.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when there are more layers than runtimes take
 */
export const assembleImage = (plan: ImagePlan, layers: readonly PlannedLayerFact[]): AssembledImage => {
  const { request, bases, environment, run } = plan;
  const { name: model, version, mlmodel, signatureJson } = request;
  const modelFiles = filesBelow(MODEL_ROOT, layers);
  const modelDigest = contentDigest(modelFiles);
  const created = createdAt(mlmodel);
  const labels = imageLabels({ model, version, modelDigest, mlmodel, signatureJson, environment });
  const documents = (bases.length === 0 ? [undefined] : bases).map((base) => ({
    platform: base?.platform ?? LINUX_AMD64,
    ...imageDocuments({ base, layers, created, labels, ...run }),
  }));
  const manifests = documents.map(({ manifest }) => manifest);
  const [only, ...others] = manifests;
  const annotations = { ...labels, 'org.opencontainers.image.created': created };
  return {
    root: only && others.length === 0 ? only : imageIndex(documents, annotations),
    configs: documents.map(({ config }) => config),
    manifests,
    modelDigest,
    modelFiles,
    serverFiles: filesBelow(SERVER_ROOT, layers),
    created,
  };
};

const filesBelow = (root: string, layers: readonly LayerFact[]): readonly FileDigest[] =>
  layers
    .flatMap(({ files }) => files)
    .filter(({ path }) => path.startsWith(`${root}/`))
    .map(({ path, sha256 }) => ({ path: path.slice(root.length + 1), sha256 }))
    .sort((a, b) => compareBytes(a.path, b.path));

/** sha256 over `<hex>  <path>` lines in order of path, as `sha256sum` writes them. */
const contentDigest = (files: readonly FileDigest[]): string => {
  const lines = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`;
};
