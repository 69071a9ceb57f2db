import { MANIFEST_MEDIA_TYPE } from './media-types.ts';
import type { Descriptor, ImageStore, StoredDocument } from './ports.ts';
import { storeBlob } from './store-blob.ts';
import { jsonDocument } from './stored-document.ts';

const EMPTY = jsonDocument('application/vnd.oci.empty.v1+json', {});

export interface Attachment {
  /** Says what it is, such as `application/vnd.cyclonedx+json`. */
  readonly artifactType: string;
  readonly bytes: Uint8Array;
  /** RFC 3339 to the second, of what it is about. */
  readonly created: string;
}

/**
 * Attaches a document to an image. The same document again gives the same referrer.
 *
 * @returns digest of the referrer's manifest
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage
 */
export const storeReferrer = async (
  images: ImageStore,
  repository: string,
  { descriptor }: StoredDocument,
  { artifactType, bytes, created }: Attachment,
): Promise<string> => {
  const config = await storeBlob(images, repository, { mediaType: EMPTY.descriptor.mediaType, bytes: EMPTY.bytes });
  const layer = await storeBlob(images, repository, { mediaType: artifactType, bytes });
  const manifest = jsonDocument(MANIFEST_MEDIA_TYPE, {
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    artifactType,
    config: { ...config },
    layers: [{ ...layer }],
    subject: subjectOf(descriptor),
    annotations: { 'org.opencontainers.image.created': created },
  });
  await images.putReferrer(repository, manifest);
  return manifest.descriptor.digest;
};

const subjectOf = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size });
