import type { ModelFile } from '../files/model-files.ts';
import { type FileFormat, formatByContent, formatByName, isCompressed, PICKLE } from './file-format.ts';
import type { Mlmodel } from './mlmodel.ts';

/** A file whose format says whether loading it runs code. */
export interface JudgedFile extends FileFormat {
  readonly path: string;
  readonly sizeBytes: number;
  /** What told the format: its first bytes, the flavor that loads it, or its name alone. */
  readonly toldBy: 'content' | 'flavor' | 'name';
}

/** First bytes by path, of the files that were looked into. */
export type Heads = ReadonlyMap<string, Uint8Array>;

/** Fields in which native flavors name a file that their loaders unpickle, unless another format is written there. */
const PICKLED_BY_FLAVOR: Readonly<Record<string, readonly string[]>> = {
  python_function: ['python_model'],
  sklearn: ['pickled_model'],
  statsmodels: ['data'],
  pmdarima: ['data'],
  fastai: ['data'],
};

/** The files whose format is known, as listed. What the first bytes show counts more than what a name promises. */
export const judgeFiles = (
  mlmodel: Mlmodel | undefined,
  listing: readonly ModelFile[],
  heads: Heads,
): readonly JudgedFile[] => {
  const unpickled = unpickledPaths(mlmodel);
  return listing.flatMap(({ path, size }) => {
    const judged = judge(path, { head: heads.get(path), isUnpickled: unpickled.has(path) });
    return judged ? [{ path, sizeBytes: size, ...judged }] : [];
  });
};

const judge = (
  path: string,
  { head, isUnpickled }: { readonly head: Uint8Array | undefined; readonly isUnpickled: boolean },
): Pick<JudgedFile, 'name' | 'runsCode' | 'toldBy'> | undefined => {
  const content = head && formatByContent(head);
  if (content) return { ...content, toldBy: 'content' };
  const name = formatByName(path);
  if (isUnpickled && !name?.runsCode) return { ...PICKLE, toldBy: 'flavor' };
  if (name) return { ...name, toldBy: 'name' };
  const isPacked = head !== undefined && isCompressed(head) && /\.(pkl|pickle|joblib|p)\.\w+$/i.test(path);
  return isPacked ? { ...PICKLE, name: 'compressed pickle', toldBy: 'name' } : undefined;
};

/** Paths that MLmodel itself says are unpickled. */
export const unpickledPaths = (mlmodel: Mlmodel | undefined): ReadonlySet<string> => {
  const paths = Object.entries(PICKLED_BY_FLAVOR).flatMap(([name, fields]) => {
    const flavor = mlmodel?.flavors[name] as Readonly<Record<string, unknown>> | null | undefined;
    if (typeof flavor !== 'object' || flavor === null || flavor['serialization_format'] === 'skops') return [];
    return fields.map((field) => flavor[field]);
  });
  return new Set(paths.filter((path): path is string => typeof path === 'string'));
};
