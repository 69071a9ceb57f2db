import * as z from 'zod';
import { readHead } from '../shared/packaging/files/read-text.ts';
import { INDEX_MEDIA_TYPE } from '../shared/packaging/image/media-types.ts';
import type { ImageStore, Referrer, StoredDocument } from '../shared/packaging/image/ports.ts';
import type { NamedImage } from './image-place.ts';
import { CommandFailed } from './report-failure.ts';

const descriptor = z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.number() });

const manifestSchema = z.looseObject({
  config: descriptor,
  layers: z.array(descriptor),
  annotations: z.record(z.string(), z.string()).default({}),
});

const indexSchema = z.looseObject({ manifests: z.array(descriptor).min(1) });

const configSchema = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  config: z.looseObject({ User: z.string().optional(), Entrypoint: z.array(z.string()).nullish() }).optional(),
});

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** An image as it is stored; of several platforms the first. */
export interface StoredImage {
  readonly digest: string;
  readonly platforms: number;
  readonly layers: readonly z.infer<typeof descriptor>[];
  readonly sizeBytes: number;
  /** What the image says about its model. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly os: string;
  readonly architecture: string;
  readonly user: string | undefined;
  readonly entrypoint: readonly string[];
  /** What is attached to it. */
  readonly referrers: readonly Referrer[];
}

/** @throws CommandFailed when there is none, or something else than an image */
export const readImage = async (images: ImageStore, { repository, reference }: NamedImage): Promise<StoredImage> => {
  const root = await images.readManifest(repository, reference);
  if (root === undefined) throw await notThere(images, repository, reference);
  const isIndex = root.descriptor.mediaType === INDEX_MEDIA_TYPE;
  const listed = isIndex ? parsed(indexSchema, root).manifests : [root.descriptor];
  const first = isIndex ? await images.readManifest(repository, listed[0]?.digest ?? '') : root;
  if (first === undefined) throw new CommandFailed(`a manifest of ${repository}:${reference} is not there.`);
  const { config, layers, annotations } = parsed(manifestSchema, first);
  const bytes = await readHead(await images.readBlob(repository, config.digest), MAX_CONFIG_BYTES);
  const { os, architecture, config: run } = parsed(configSchema, { bytes });
  return {
    digest: root.descriptor.digest,
    platforms: listed.length,
    layers,
    sizeBytes: [...layers, config, first.descriptor].reduce((sum, { size }) => sum + size, 0),
    annotations,
    os,
    architecture,
    user: run?.User,
    entrypoint: run?.Entrypoint ?? [],
    referrers: await images.listReferrers(repository, root.descriptor.digest),
  };
};

const notThere = async (images: ImageStore, repository: string, reference: string): Promise<CommandFailed> => {
  const tags = await images.listTags(repository);
  const there = tags.length === 0 ? `${repository} has no images` : `${repository} has ${tags.slice(-10).join(', ')}`;
  return new CommandFailed(`there is no image ${repository}, ${reference}: ${there}.`);
};

const parsed = <T extends z.ZodType>(
  schema: T,
  { bytes }: Pick<StoredDocument, 'bytes'> | { bytes: Uint8Array },
): z.output<T> => {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    throw new CommandFailed('what is stored under this name is no image.');
  }
};
