import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { ContainerClient } from '@azure/storage-blob';
import { type Header, pack } from 'tar-stream';

export interface LayoutImage {
  /** Files of each layer by path. */
  readonly layers: readonly Readonly<Record<string, string | Partial<Header>>>[];
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A gzipped tar of the given files; an object instead of content is an entry's own header. */
export const tarLayer = async (files: LayoutImage['layers'][number]): Promise<Buffer> => {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'string') archive.entry({ name }, content);
    else if (content.type === 'file') archive.entry({ name, ...content }, '');
    else archive.entry({ name, ...content });
  }
  archive.finalize();
  return gzipSync(await buffer(archive as unknown as AsyncIterable<Buffer>));
};

/** Blobs by digest, and the digest of the manifest. */
export const layoutImage = async ({
  layers,
  config = {},
}: LayoutImage): Promise<{ digest: string; blobs: Map<string, Buffer> }> => {
  const blobs = new Map<string, Buffer>();
  const add = (content: Buffer, mediaType: string) => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  };
  const tars = await Promise.all(layers.map(tarLayer));
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: add(Buffer.from(JSON.stringify({ config })), 'application/vnd.oci.image.config.v1+json'),
    layers: tars.map((tar) => add(tar, 'application/vnd.oci.image.layer.v1.tar+gzip')),
  };
  const { digest } = add(Buffer.from(JSON.stringify(manifest)), manifest.mediaType);
  return { digest, blobs };
};

/** Puts an image into the layout of a blob container and returns its reference. */
export const pushImage = async (container: ContainerClient, image: LayoutImage): Promise<string> => {
  const { digest, blobs } = await layoutImage(image);
  for (const [name, content] of blobs) {
    await container.getBlockBlobClient(`blobs/${name.replace(':', '/')}`).upload(content, content.length);
  }
  return `registry.local/models/fixture@${digest}`;
};
