import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ImageStore, OpenAt } from '../../../shared/packaging/image/ports.ts';

const drain = async (open: OpenAt): Promise<{ digest: string; size: number }> => {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of await open(0)) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
};

/** An image store that reads what it is sent and keeps nothing. */
export const nullImages = (): ImageStore => ({
  registry: 'nowhere.example',
  hasBlob: async () => false,
  mountBlob: async () => false,
  putBlob: async (_repository, _blob, open) => void (await drain(open)),
  writeBlob: async (_repository, { mediaType }, open) => ({ mediaType, ...(await drain(open)) }),
  readBlob: () => Promise.reject<Readable>(new Error('nothing is kept')),
  readManifest: async () => undefined,
  putManifest: async () => {},
  putReferrer: async () => {},
  listReferrers: async () => [],
  listTags: async () => [],
  deleteManifest: async () => {},
});
