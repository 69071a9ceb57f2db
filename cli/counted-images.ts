import { Transform } from 'node:stream';
import type { ImageStore, OpenAt } from '../shared/packaging/image/ports.ts';

/** The same images; tells how many bytes were read to be stored, all in all. */
export const countedImages = (images: ImageStore, onBytes: (total: number) => void): ImageStore => {
  let total = 0;
  const counted =
    (open: OpenAt): OpenAt =>
    async (offset) => {
      const content = await open(offset);
      const counter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          total += chunk.length;
          onBytes(total);
          done(null, chunk);
        },
      });
      content.once('error', (error) => counter.destroy(error));
      counter.once('close', () => content.destroy());
      return content.pipe(counter);
    };
  return {
    ...images,
    putBlob: (repository, blob, open) => images.putBlob(repository, blob, counted(open)),
    writeBlob: (repository, content, open) => images.writeBlob(repository, content, counted(open)),
  };
};
