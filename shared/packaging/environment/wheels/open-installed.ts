import { Readable } from 'node:stream';
import { skipBytes } from '../../files/skip-bytes.ts';
import type { LayerFact } from '../../image/ports.ts';
import type { InstalledFile } from './plan-install.ts';
import type { WheelArchive } from './read-zip.ts';
import { WheelRefused } from './wheel-refused.ts';

/** The content of an installed file from a byte on. */
export const openInstalled = async (
  archive: WheelArchive,
  { content }: InstalledFile,
  offset = 0,
): Promise<AsyncIterable<Buffer> | Iterable<Buffer>> => {
  if (content.kind === 'text') return [Buffer.from(content.text).subarray(offset)];
  const member = await archive.open(content.member.path);
  return offset === 0 ? member : skipBytes(Readable.from(member), offset);
};

/**
 * Compares what a layer turned out to hold with what the wheels' RECORDs say. The hashes were taken while the layer was
 * sent, or when it was first sent; no image names it before this.
 *
 * @throws WheelRefused
 */
export const checkRecords = (
  group: readonly { readonly archive: WheelArchive; readonly files: readonly InstalledFile[] }[],
  { files }: Pick<LayerFact, 'files'>,
): void => {
  const actual = new Map(files.map(({ path, sha256 }) => [path, sha256] as const));
  for (const { archive, files: planned } of group) {
    const wrong = planned.find(({ path, sha256 }) => sha256 !== undefined && actual.get(path) !== sha256);
    if (wrong === undefined) continue;
    throw new WheelRefused(archive.fileName, `has '/${wrong.path}', which is not the file that its RECORD names`);
  }
};
