import { pathProblem } from '../files/file-path.ts';
import type { ModelFile, ModelFiles } from '../files/model-files.ts';
import { readHead } from '../files/read-text.ts';
import { type Heads, unpickledPaths } from './code-risk.ts';
import { formatByName, HEAD_BYTES } from './file-format.ts';
import type { Mlmodel } from './mlmodel.ts';

/** Each costs a request when the files are elsewhere. */
const MAX_HEADS = 64;
const AT_ONCE = 8;

/** Text that loaders read as text. */
const PLAIN = /(^|\/)(MLmodel|[^/]+\.(py|txt|md|ya?ml|csv|toml|cfg|ini))$/i;

/** Whether the first bytes of a file can tell more than its name. */
export const isWorthReading = ({ path, size }: ModelFile): boolean =>
  size > 0 && pathProblem(path) === undefined && !PLAIN.test(path);

/** The first bytes of the files that may hold more than data, at most 64: what is unpickled first, then by size. */
export const readHeads = async (
  files: ModelFiles,
  mlmodel: Mlmodel | undefined,
  listing: readonly ModelFile[],
): Promise<Heads> => {
  const unpickled = unpickledPaths(mlmodel);
  const rank = ({ path }: ModelFile): number => (unpickled.has(path) ? 2 : formatByName(path)?.runsCode ? 1 : 0);
  const waiting = listing
    .filter((file) => isWorthReading(file))
    .sort((a, b) => rank(b) - rank(a) || b.size - a.size)
    .slice(0, MAX_HEADS);
  const heads = new Map<string, Uint8Array>();
  const next = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      heads.set(file.path, await readHead(await files.open(file.path), HEAD_BYTES));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return heads;
};
