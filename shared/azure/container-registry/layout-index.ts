import * as z from 'zod';
import type { Descriptor } from '../../packaging/image/ports.ts';
import { descriptorSchema, INDEX_MEDIA_TYPE } from './stored-manifest.ts';

/** `index.json` of a layout of many repositories: an entry is named `<repository>:<tag>`, or says its repository. */
const REF_NAME = 'org.opencontainers.image.ref.name';
const REPOSITORY = 'io.slipway.repository';

const indexSchema = z.looseObject({ schemaVersion: z.literal(2), manifests: z.array(descriptorSchema) });

export type LayoutIndex = Readonly<z.infer<typeof indexSchema>>;

type Entry = LayoutIndex['manifests'][number];

/** @throws ZodError when somebody wrote something else there */
export const parseIndex = (value: unknown): LayoutIndex =>
  value === undefined ? { schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, manifests: [] } : indexSchema.parse(value);

const repositoryOf = ({ annotations }: Entry): string | undefined =>
  annotations?.[REPOSITORY] ?? annotations?.[REF_NAME]?.split(':', 1)[0];

const nameOf = ({ annotations }: Entry): string | undefined => annotations?.[REF_NAME];

export const taggedDigest = (index: LayoutIndex, repository: string, tag: string): string | undefined =>
  index.manifests.find((entry) => nameOf(entry) === `${repository}:${tag}`)?.digest;

export const tagsIn = (index: LayoutIndex, repository: string): readonly string[] =>
  index.manifests
    .map((entry) => nameOf(entry) ?? '')
    .filter((name) => name.startsWith(`${repository}:`))
    .map((name) => name.slice(repository.length + 1))
    .sort();

/** With the tag pointing at this manifest only, or the manifest known without one; the same object when it is so. */
export const withEntry = (
  index: LayoutIndex,
  { mediaType, digest, size }: Descriptor,
  repository: string,
  tag: string | undefined,
): LayoutIndex => {
  const same = index.manifests.filter((entry) =>
    tag === undefined
      ? entry.digest === digest && repositoryOf(entry) === repository
      : nameOf(entry) === `${repository}:${tag}`,
  );
  if (same.length > 0 && same.every((entry) => entry.digest === digest)) return index;
  const annotations = tag === undefined ? { [REPOSITORY]: repository } : { [REF_NAME]: `${repository}:${tag}` };
  return {
    ...index,
    manifests: [...index.manifests.filter((entry) => !same.includes(entry)), { mediaType, digest, size, annotations }],
  };
};

/** Without any entry of this manifest in the repository; the same object when there is none. */
export const withoutEntries = (index: LayoutIndex, repository: string, digest: string): LayoutIndex => {
  const left = index.manifests.filter((entry) => entry.digest !== digest || repositoryOf(entry) !== repository);
  return left.length === index.manifests.length ? index : { ...index, manifests: left };
};

export const names = (index: LayoutIndex, digest: string): boolean =>
  index.manifests.some((entry) => entry.digest === digest);
