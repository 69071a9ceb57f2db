import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';

/** Files in memory, listed in the order given, with their sha256 as content ids unless told not to. */
export const memoryFiles = (
  files: Readonly<Record<string, string | Uint8Array>>,
  { contentIds = true, chunkBytes = 65_536 }: { readonly contentIds?: boolean; readonly chunkBytes?: number } = {},
): ModelFiles => ({
  async *list() {
    for (const [path, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      const contentId = createHash('sha256').update(bytes).digest('hex');
      yield { path, size: bytes.length, ...(contentIds ? { contentId } : {}) };
    }
  },
  open: async (path, offset = 0) => {
    const bytes = Buffer.from(files[path] ?? '').subarray(offset);
    const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) =>
      bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes),
    );
    return Readable.from(chunks, { objectMode: false });
  },
});
