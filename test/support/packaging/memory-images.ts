import { buffer } from 'node:stream/consumers';
import type { ImageStore, LayerFact } from '../../../shared/packaging/image/ports.ts';

export interface MemoryImages extends ImageStore {
  readonly blobs: Map<string, Buffer>;
  /** Digest by `<repository>:<tag>`. */
  readonly tags: Map<string, string>;
  /** Digests in the order in which they were sent. */
  readonly sent: string[];
}

/** An image store in memory that remembers what it was sent. */
export const memoryImages = (): MemoryImages => {
  const blobs = new Map<string, Buffer>();
  const tags = new Map<string, string>();
  const sent: string[] = [];
  const facts = new Map<string, LayerFact>();
  return {
    registry: 'images.example',
    blobs,
    tags,
    sent,
    hasBlob: async (_repository, digest) => blobs.has(digest),
    putBlob: async (_repository, { digest }, content) => {
      sent.push(digest);
      blobs.set(digest, await buffer(await content()));
    },
    putManifest: async (repository, tag, { descriptor, bytes }) => {
      blobs.set(descriptor.digest, Buffer.from(bytes));
      tags.set(`${repository}:${tag}`, descriptor.digest);
    },
    recallLayer: async (key) => facts.get(key),
    rememberLayer: async (key, fact) => {
      facts.set(key, fact);
    },
  };
};
