import { createHash } from 'node:crypto';
import * as z from 'zod';
import { SlipwayError } from '../../platform/errors.ts';
import { readHead } from '../files/read-text.ts';
import type { ImageReference } from './image-name.ts';
import { INDEX_MEDIA_TYPE, isLayerMediaType, MANIFEST_MEDIA_TYPE, toOciMediaType } from './media-types.ts';
import { isPlatform, type Platform, platformText } from './platform.ts';
import type { Descriptor, ImageStore, StoredDocument } from './ports.ts';

/** An image to build on, read to the point where its bytes are pinned. */
export interface BaseImage {
  /** `<registry>/<repository>`, with the tag when it was found by one. */
  readonly name: string;
  readonly repository: string;
  /** Of the manifest for the platform, also when it was found through an index. */
  readonly digest: string;
  readonly platform: Platform;
  /** In media types of OCI, whatever the base is written in. */
  readonly layers: readonly Descriptor[];
  readonly config: BaseConfig;
}

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().min(0),
});

const manifestSchema = z.object({ config: descriptorSchema, layers: z.array(descriptorSchema) });

const indexSchema = z.object({
  manifests: z.array(
    descriptorSchema.extend({
      platform: z.looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
    }),
  ),
});

const configSchema = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z
    .array(z.looseObject({ empty_layer: z.boolean().optional() }))
    .nullish()
    .transform((history) => history ?? []),
  config: z
    .looseObject({
      Env: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish()
    .transform((config) => config ?? {}),
});

/** The config of a base; what we do not know is kept. */
export type BaseConfig = z.infer<typeof configSchema>;

/**
 * The image behind a tag or digest, for one platform: an image of OCI or of docker's second schema, alone or in an
 * index.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is none, or none for the platform; INVALID_STATE when it cannot
 * be built on
 */
export const readBase = async (
  images: ImageStore,
  { repository, reference }: ImageReference,
  platform: Platform,
): Promise<BaseImage> => {
  const separator = reference.startsWith('sha256:') ? '@' : ':';
  const name = `${images.registry}/${repository}${separator}${reference}`;
  const manifest = await manifestFor(images, { repository, reference, name }, platform);
  const { config, layers } = parse(manifestSchema, manifest, name);
  const parsed = await readConfig(images, { repository, name }, config);
  if (!isPlatform(parsed, platform)) {
    throw missing(`the base image ${name} is for ${platformText(parsed)}, not for ${platformText(platform)}`);
  }
  if (layers.length !== parsed.rootfs.diff_ids.length) {
    throw invalid(`the base image ${name} has another number of diff ids than layers`);
  }
  return {
    name: separator === '@' ? `${images.registry}/${repository}` : name,
    repository,
    digest: manifest.descriptor.digest,
    platform,
    layers: layers.map((layer) => toLayer(layer, name)),
    config: parsed,
  };
};

interface Named extends ImageReference {
  readonly name: string;
}

const manifestFor = async (
  images: ImageStore,
  { repository, reference, name }: Named,
  platform: Platform,
): Promise<StoredDocument> => {
  const found = await images.readManifest(repository, reference);
  if (found === undefined) throw missing(`there is no base image ${name}`);
  const kind = toOciMediaType(found.descriptor.mediaType);
  if (kind === MANIFEST_MEDIA_TYPE) return found;
  if (kind !== INDEX_MEDIA_TYPE) {
    throw invalid(
      `the base image ${name} has a manifest of the type ${found.descriptor.mediaType}, which is not supported`,
    );
  }
  const { manifests } = parse(indexSchema, found, name);
  const child = manifests.find((entry) => entry.platform && isPlatform(entry.platform, platform));
  if (child === undefined) {
    const others = manifests.flatMap((entry) => (entry.platform ? [platformText(entry.platform)] : []));
    throw missing(`the base image ${name} has none for ${platformText(platform)}, only for ${others.join(', ')}`);
  }
  const manifest = await images.readManifest(repository, child.digest);
  if (manifest === undefined) throw missing(`the base image ${name} names ${child.digest}, which is not there`);
  return manifest;
};

const readConfig = async (
  images: ImageStore,
  { repository, name }: Pick<Named, 'repository' | 'name'>,
  { digest }: Descriptor,
): Promise<BaseConfig> => {
  const bytes = await readHead(await images.readBlob(repository, digest), MAX_CONFIG_BYTES);
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (actual !== digest)
    throw invalid(`the config of the base image ${name} has another digest than its manifest says`);
  return parse(configSchema, { bytes }, name);
};

const toLayer = ({ mediaType, digest, size }: Descriptor, name: string): Descriptor => {
  const converted = toOciMediaType(mediaType);
  if (isLayerMediaType(converted)) return { mediaType: converted, digest, size };
  throw invalid(`the base image ${name} has a layer of the type ${mediaType}, which cannot be built on`);
};

const parse = <Output>(schema: z.ZodType<Output>, { bytes }: { readonly bytes: Uint8Array }, name: string): Output => {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new SlipwayError('INVALID_STATE', `the base image ${name} cannot be read`, { cause });
  }
};

const missing = (message: string): SlipwayError => new SlipwayError('RESOURCE_DOES_NOT_EXIST', message);

const invalid = (message: string): SlipwayError => new SlipwayError('INVALID_STATE', message);
