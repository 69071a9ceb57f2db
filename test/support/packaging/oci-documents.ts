import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Descriptor, ImageStore, OpenAt, StoredDocument } from '../../../shared/packaging/image/ports.ts';

export const digestOf = (content: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

export const descriptorOf = (content: string | Uint8Array, mediaType = 'application/octet-stream'): Descriptor => ({
  mediaType,
  digest: digestOf(content),
  size: Buffer.byteLength(content),
});

/** Content that can be opened anywhere, in pieces of so many bytes. */
export const opener =
  (content: string | Uint8Array, chunkBytes = 64 * 1024): OpenAt =>
  async (offset) => {
    const rest = Buffer.from(content).subarray(offset);
    return Readable.from(
      (function* () {
        for (let at = 0; at < rest.length; at += chunkBytes) yield rest.subarray(at, at + chunkBytes);
      })(),
      { objectMode: false },
    );
  };

export const documentOf = (value: Readonly<Record<string, unknown>>): StoredDocument => {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { bytes, descriptor: descriptorOf(bytes, String(value['mediaType'])) };
};

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Stores config and layer of a small image, and gives its manifest, which nobody has stored yet. */
export const smallImage = async (images: ImageStore, repository: string, text: string): Promise<StoredDocument> => {
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { text } },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const configDescriptor = descriptorOf(config, 'application/vnd.oci.image.config.v1+json');
  await images.putBlob(repository, configDescriptor, opener(config));
  return documentOf({ schemaVersion: 2, mediaType: MANIFEST, config: configDescriptor, layers: [] });
};

/** Stores what an artifact needs, and gives its manifest, which refers to the subject. */
export const artifactFor = async (
  images: ImageStore,
  repository: string,
  subject: Descriptor,
  text: string,
): Promise<StoredDocument> => {
  const config = descriptorOf('{}', 'application/vnd.oci.empty.v1+json');
  const layer = descriptorOf(text, 'application/vnd.cyclonedx+json');
  await images.putBlob(repository, config, opener('{}'));
  await images.putBlob(repository, layer, opener(text));
  return documentOf({
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: 'application/vnd.cyclonedx+json',
    config,
    layers: [layer],
    subject,
    annotations: { text },
  });
};
