import { isSlipwayError, SlipwayError } from '../../../platform/errors.ts';
import type { LockedPackage } from '../lock.ts';
import type { RandomAccess } from './random-access.ts';
import type { WheelCache } from './wheel-cache.ts';
import type { ListedFile, WheelIndex } from './wheel-index.ts';
import { WheelRefused } from './wheel-refused.ts';

/** A file, and the index that has it. */
export interface FoundFile {
  readonly index: WheelIndex;
  readonly file: ListedFile & { readonly sha256: string };
}

/** The wheel itself, from the cache, or fetched into it once and checked. The caller closes it. */
export const fetchWheel = async (cache: WheelCache, { index, file }: FoundFile): Promise<RandomAccess> => {
  const kept = await cache.open(file.sha256);
  if (kept !== undefined) return kept;
  await keep(cache, { index, file });
  const fetched = await cache.open(file.sha256);
  if (fetched !== undefined) return fetched;
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `${file.fileName} was removed from the cache while it was needed`);
};

const keep = async (cache: WheelCache, { index, file }: FoundFile): Promise<void> => {
  try {
    await cache.put(file.sha256, () => index.download(file));
  } catch (cause) {
    if (!isSlipwayError(cause) || cause.code !== 'INVALID_STATE') throw cause;
    throw new WheelRefused(
      file.fileName,
      `is not the file that ${index.name} lists: ${cause.message}`,
      'hash-mismatch',
    );
  }
};

/** The first index that has a file with one of the package's hashes, or undefined when none has. */
export const findWheel = async (
  indexes: readonly WheelIndex[],
  { name, sha256s }: Pick<LockedPackage, 'name' | 'sha256s'>,
): Promise<FoundFile | undefined> => {
  for (const index of indexes) {
    const files = (await index.filesOf(name)) ?? [];
    const file = files.find(({ sha256 }) => sha256 !== undefined && sha256s.includes(sha256));
    if (file?.sha256 !== undefined) return { index, file: { ...file, sha256: file.sha256 } };
  }
  return undefined;
};
