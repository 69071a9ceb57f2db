import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ImageStore, StoredDocument } from '../../../shared/packaging/image/ports.ts';
import { storeBlob } from '../../../shared/packaging/image/store-blob.ts';

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The media types that the image is written in. */
export const OCI = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

export const DOCKER = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

export const documentOf = (mediaType: string, value: unknown): StoredDocument => {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.length } };
};

export interface BaseContent {
  readonly types?: Record<keyof typeof OCI, string>;
  readonly layers?: readonly string[];
  /** Put over the config that belongs to the layers. */
  readonly config?: object;
  readonly tag?: string;
}

/** Stores an image in a repository and gives its manifest. */
export const putBase = async (
  images: ImageStore,
  repository: string,
  { types = OCI, layers = ['one', 'two'], config = {}, tag }: BaseContent = {},
): Promise<StoredDocument> => {
  const blobs = await Promise.all(
    layers.map((content) => storeBlob(images, repository, { mediaType: types.layer, bytes: gzipSync(content) })),
  );
  const document = documentOf(types.config, {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: layers.map((content) => sha256(Buffer.from(content))) },
    history: layers.map((content) => ({ created_by: `RUN ${content}` })),
    ...config,
  });
  const configBlob = await storeBlob(images, repository, { mediaType: types.config, bytes: document.bytes });
  const manifest = documentOf(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: configBlob,
    layers: blobs,
    annotations: { 'org.opencontainers.image.title': 'base' },
  });
  await images.putManifest(repository, manifest, tag);
  return manifest;
};
