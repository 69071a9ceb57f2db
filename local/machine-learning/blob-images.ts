import type { Readable } from 'node:stream';
import type { ContainerClient } from '@azure/storage-blob';
import type { ImageSource } from './options.ts';
import { createPulledImages } from './pull-image.ts';

export interface BlobImagesOptions {
  /** The container that is one OCI image layout: blobs are named `blobs/sha256/<hex>`. */
  readonly container: ContainerClient;
  /** Unpacked layers are kept here by digest. */
  readonly cacheDir: string;
}

/** Images from an OCI image layout in a blob container. Every blob's digest is checked. */
export const createBlobImages = ({ container, cacheDir }: BlobImagesOptions): ImageSource =>
  createPulledImages((_image, _kind, digest) => download(container, digest), cacheDir);

const download = async (container: ContainerClient, wanted: string): Promise<Readable> => {
  const { readableStreamBody } = await container.getBlobClient(`blobs/${wanted.replace(':', '/')}`).download();
  if (!readableStreamBody) throw new Error(`the blob ${wanted} has no content`);
  return readableStreamBody as Readable;
};
