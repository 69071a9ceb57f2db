import type { Descriptor, ImageStore, OpenAt, Referrer, StoredDocument } from '../../packaging/image/ports.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { checkContent, measureContent } from './check-content.ts';
import { blobPath, CONTAINER, changeJson, type LayoutBlobs, readSmall, writeOnce } from './layout-blobs.ts';
import {
  type LayoutIndex,
  names,
  parseIndex,
  taggedDigest,
  tagsIn,
  withEntry,
  withoutEntries,
} from './layout-index.ts';
import { isReferrerTag, referrersIn, referrerTag, withoutReferrer, withReferrer } from './referrer-index.ts';
import {
  checkedDigest,
  isDigest,
  parseManifest,
  referrerOf,
  sha256Of,
  subjectOf,
  toManifestDocument,
} from './stored-manifest.ts';

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/**
 * One OCI image layout in the blob container `images`. All repositories share its blobs, so whatever one has another
 * has too; a tag is the annotation `<repository>:<tag>` of an entry of its index.
 *
 * @param registry - the host that references to its images begin with
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export const createBlobImageLayout = (blobs: LayoutBlobs, registry: string): ImageStore => {
  const hasBlob = async (digest: string) => (await blobs.stat(CONTAINER, blobPath(digest))) !== undefined;
  return {
    registry,
    hasBlob: (_repository, digest) => hasBlob(digest),
    mountBlob: (_repository, digest) => hasBlob(digest),
    putBlob: (_repository, blob, open) => putBlob(blobs, blob, open),
    writeBlob: async (_repository, content, open) => {
      // A blob's name is its digest, so that is needed before the first byte is written.
      const blob = await measureContent(await open(0), content);
      if (!(await hasBlob(blob.digest))) await putBlob(blobs, blob, open);
      return blob;
    },
    readBlob: async (_repository, digest) => {
      const blob = await blobs.read(CONTAINER, blobPath(digest));
      if (blob !== undefined) return blob.stream;
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `the image layout has no blob ${digest}`);
    },
    readManifest: (repository, reference) => readManifest(blobs, repository, reference),
    putManifest: (repository, manifest, tag) => putManifest(blobs, repository, manifest, tag),
    putReferrer: async (repository, manifest) => {
      const subject = subjectOf(manifest);
      await putManifest(blobs, repository, manifest);
      await changeReferrers(blobs, repository, subject, (known) => withReferrer(known, referrerOf(manifest)));
    },
    listReferrers: async (repository, digest) => {
      const found = await readManifest(blobs, repository, referrerTag(digest));
      return found === undefined ? [] : referrersOf(found);
    },
    listTags: async (repository) => tagsIn(await readIndex(blobs), repository).filter((tag) => !isReferrerTag(tag)),
    deleteManifest: async (repository, digest) => {
      const found = await readManifest(blobs, repository, checkedDigest(digest));
      if (found === undefined) return;
      const { subject } = parseManifest(found.bytes) ?? {};
      if (subject !== undefined) {
        await changeReferrers(blobs, repository, subject.digest, (known) => withoutReferrer(known, digest));
      }
      await changeIndex(blobs, async (index) => withoutEntries(index, repository, digest));
      if (!names(await readIndex(blobs), digest)) await blobs.delete(CONTAINER, blobPath(digest));
    },
  };
};

const putBlob = async (blobs: LayoutBlobs, blob: Descriptor, open: OpenAt): Promise<void> => {
  const path = blobPath(blob.digest);
  const stream = checkContent(await open(0), blob);
  try {
    await writeOnce(blobs, path, stream, blob.mediaType);
  } finally {
    stream.destroy();
  }
};

const readIndex = async (blobs: LayoutBlobs): Promise<LayoutIndex> => {
  const stored = await readSmall(blobs, 'index.json');
  return parseIndex(stored && JSON.parse(new TextDecoder().decode(stored.bytes)));
};

const changeIndex = (blobs: LayoutBlobs, change: (index: LayoutIndex) => Promise<LayoutIndex>): Promise<void> =>
  changeJson(blobs, 'index.json', async (value) => {
    const index = parseIndex(value);
    const next = await change(index);
    return next === index ? value : next;
  });

const readManifest = async (
  blobs: LayoutBlobs,
  repository: string,
  reference: string,
): Promise<StoredDocument | undefined> => {
  const digest = isDigest(reference) ? reference : taggedDigest(await readIndex(blobs), repository, reference);
  return digest === undefined ? undefined : readByDigest(blobs, digest);
};

const readByDigest = async (blobs: LayoutBlobs, digest: string): Promise<StoredDocument | undefined> => {
  const stored = await readSmall(blobs, blobPath(digest));
  if (stored === undefined) return undefined;
  if (sha256Of(stored.bytes) !== digest) {
    throw new SlipwayError('INVALID_STATE', `the image layout holds other bytes under ${digest}`);
  }
  return toManifestDocument(stored.bytes);
};

const putManifest = async (
  blobs: LayoutBlobs,
  repository: string,
  { bytes, descriptor }: StoredDocument,
  tag?: string,
): Promise<void> => {
  await writeOnce(blobs, blobPath(descriptor.digest), bytes, descriptor.mediaType);
  await writeOnce(blobs, 'oci-layout', LAYOUT, 'application/json');
  await changeIndex(blobs, async (index) => withEntry(index, descriptor, repository, tag));
};

const referrersOf = ({ bytes }: StoredDocument): readonly Referrer[] =>
  referrersIn(JSON.parse(new TextDecoder().decode(bytes)));

/** The index under the tag and the tag itself change together: who was slower reads it again. */
const changeReferrers = (
  blobs: LayoutBlobs,
  repository: string,
  subject: string,
  change: (known: readonly Referrer[]) => StoredDocument,
): Promise<void> =>
  changeIndex(blobs, async (index) => {
    const tag = referrerTag(subject);
    const digest = taggedDigest(index, repository, tag);
    const known = digest === undefined ? undefined : await readByDigest(blobs, digest);
    const next = change(known === undefined ? [] : referrersOf(known));
    await writeOnce(blobs, blobPath(next.descriptor.digest), next.bytes, next.descriptor.mediaType);
    return withEntry(index, next.descriptor, repository, tag);
  });
