import * as z from 'zod';
import { isSlipwayError, SlipwayError } from '../platform/errors.ts';
import { readHead } from './files/read-text.ts';
import { measureLayers } from './image/measure-layers.ts';
import { INDEX_MEDIA_TYPE } from './image/media-types.ts';
import type { Descriptor, ImageStore, StoredDocument } from './image/ports.ts';
import { readLayerFiles } from './image/read-layer-files.ts';
import {
  assembleImage,
  type ImagePlan,
  type ImagePlanServices,
  type PackageRequest,
  type PlannedLayerFact,
  planImage,
} from './plan-image.ts';

/** One way in which the image is not what the model's files give. `derived` is from the files, `stored` from the image. */
export type Difference =
  | { readonly where: 'file'; readonly path: string; readonly what: 'changed' | 'missing' | 'unexpected' }
  | {
      readonly where: 'layer' | 'label' | 'config' | 'annotation';
      readonly name: string;
      readonly stored?: string;
      readonly derived?: string;
    };

export type Verification =
  | { readonly kind: 'equal'; readonly digest: string; readonly modelDigest: string }
  | { readonly kind: 'different'; readonly derivedDigest: string; readonly differences: readonly Difference[] };

/**
 * Makes the image of a version once more, from its files as they are now, without storing anything, and compares it
 * with the one that is stored. Nothing is taken from what was remembered: every byte of the model is read.
 *
 * @param digest - of the stored image
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such image, and what `planImage` throws
 */
export const verifyPackage = async (
  services: ImagePlanServices,
  request: PackageRequest,
  digest: string,
): Promise<Verification> => {
  const { images } = services;
  const plan = await planImage(services, request);
  const layers = await measureLayers(plan.layers);
  const { root, manifests, configs, modelDigest } = assembleImage(plan, layers);
  const derivedDigest = root.descriptor.digest;
  const stored = await images.readManifest(plan.repository, digest);
  if (stored === undefined) {
    throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no image ${plan.repository}@${digest}`);
  }
  if (derivedDigest === digest) return { kind: 'equal', digest, modelDigest };
  const derived = readDocuments(manifests[0], configs[0]);
  const differences = await compare(images, { plan, layers, derived }, stored);
  return { kind: 'different', derivedDigest, differences };
};

const descriptorSchema = z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.number() });

const manifestSchema = z.looseObject({
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
  annotations: z.record(z.string(), z.string()).default({}),
});

const configSchema = z.looseObject({
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

interface Documents {
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Top level and run settings, each as JSON. */
  readonly config: Readonly<Record<string, string>>;
}

interface Derived {
  readonly plan: ImagePlan;
  readonly layers: readonly PlannedLayerFact[];
  readonly derived: Documents;
}

const compare = async (
  images: ImageStore,
  { plan, layers, derived }: Derived,
  root: StoredDocument,
): Promise<readonly Difference[]> => {
  const { repository } = plan;
  const manifest = root.descriptor.mediaType === INDEX_MEDIA_TYPE ? await firstOf(images, repository, root) : root;
  const { config } = manifestSchema.parse(json(manifest.bytes));
  const configBytes = await readHead(await images.readBlob(repository, config.digest), MAX_CONFIG_BYTES);
  const stored = readDocuments(manifest, { bytes: configBytes });
  const differences: readonly Difference[] = [
    ...(await compareLayers(images, { plan, layers, derived }, stored)),
    ...compareTexts('label', stored.labels, derived.labels),
    ...compareTexts('config', stored.config, derived.config),
    ...compareTexts('annotation', stored.annotations, derived.annotations),
  ];
  // Whatever else it is, such as an image for fewer platforms: it is not the same document.
  return differences.length > 0 ? differences : [{ where: 'config', name: root.descriptor.mediaType }];
};

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

const firstOf = async (images: ImageStore, repository: string, index: StoredDocument): Promise<StoredDocument> => {
  const { manifests } = z.object({ manifests: z.array(descriptorSchema).min(1) }).parse(json(index.bytes));
  const manifest = await images.readManifest(repository, manifests[0]?.digest ?? '');
  if (manifest !== undefined) return manifest;
  throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `a manifest of the image in ${repository} is not there`);
};

const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

const readDocuments = (
  manifest: { bytes: Uint8Array } | undefined,
  config: { bytes: Uint8Array } | undefined,
): Documents => {
  const { layers, annotations } = manifestSchema.parse(json(manifest?.bytes ?? new Uint8Array()));
  const parsed = configSchema.parse(json(config?.bytes ?? new Uint8Array()));
  const { Labels: labels, ...run } = parsed.config ?? {};
  const { config: _, rootfs: __, ...top } = parsed;
  const fields = Object.entries({ ...top, ...run }).map(([name, value]) => [name, JSON.stringify(value)]);
  return { layers, annotations, labels: labels ?? {}, config: Object.fromEntries(fields) };
};

const compareLayers = async (
  images: ImageStore,
  { plan, layers, derived }: Derived,
  stored: Documents,
): Promise<readonly Difference[]> => {
  const baseCount = derived.layers.length - layers.length;
  const differences: Difference[] = [];
  const count = Math.max(stored.layers.length, derived.layers.length);
  for (let at = 0; at < count; at += 1) {
    const [ours, theirs] = [derived.layers[at], stored.layers[at]];
    if (ours?.digest === theirs?.digest) continue;
    const fact = layers[at - baseCount];
    const name = fact ? fact.title : `layer ${at + 1} of the base`;
    differences.push({ where: 'layer', name, ...texts(theirs?.digest, ours?.digest) });
    if (fact !== undefined && theirs !== undefined) {
      differences.push(...(await compareContent(images, plan.repository, theirs, fact)));
    }
  }
  return differences;
};

const compareContent = async (
  images: ImageStore,
  repository: string,
  { mediaType, digest }: Descriptor,
  { files }: PlannedLayerFact,
): Promise<readonly Difference[]> => {
  try {
    return compareFiles(await readLayerFiles(mediaType, await images.readBlob(repository, digest)), files);
  } catch (error) {
    // A layer that is gone, or that we did not write, differs as a whole.
    if (isSlipwayError(error) && ['INVALID_STATE', 'RESOURCE_DOES_NOT_EXIST'].includes(error.code)) return [];
    throw error;
  }
};

const compareFiles = (
  stored: readonly { path: string; sha256: string }[],
  derived: readonly { path: string; sha256: string }[],
): readonly Difference[] => {
  const [before, now] = [stored, derived].map((files) => new Map(files.map(({ path, sha256 }) => [path, sha256])));
  const paths = [...new Set([...stored, ...derived].map(({ path }) => path))];
  return paths.flatMap((path): readonly Difference[] => {
    const [was, is] = [before?.get(path), now?.get(path)];
    if (was === is) return [];
    const what = was === undefined ? 'missing' : is === undefined ? 'unexpected' : 'changed';
    return [{ where: 'file', path, what }];
  });
};

const compareTexts = (
  where: 'label' | 'config' | 'annotation',
  stored: Readonly<Record<string, string>>,
  derived: Readonly<Record<string, string>>,
): readonly Difference[] =>
  [...new Set([...Object.keys(stored), ...Object.keys(derived)])]
    .filter((name) => stored[name] !== derived[name])
    .map((name) => ({ where, name, ...texts(stored[name], derived[name]) }));

const texts = (stored: string | undefined, derived: string | undefined) => ({
  ...(stored === undefined ? {} : { stored }),
  ...(derived === undefined ? {} : { derived }),
});
