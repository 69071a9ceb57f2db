import { createHash } from 'node:crypto';
import { compareBytes } from '../files/file-path.ts';
import type { ModelFile, ModelFiles } from '../files/model-files.ts';
import { canonicalJson } from './canonical-json.ts';
import { type OpenFile, planTar, TAR_FORMAT, type TarPlan } from './tar.ts';

/** Files from this size on get a layer of their own, so that a model logged again pushes only what changed. */
const BIG_FILE_BYTES = 16 * 1024 * 1024;

/** Runtimes stop at 127 layers in all; what is left is for base images. */
const MAX_BIG_LAYERS = 22;

/**
 * How layers are kept. `stored` is gzip that does not compress, which every reader takes. `none` is plain tar, which
 * costs least and which some tools cannot read. `auto` compresses a layer where that pays and stores it otherwise.
 */
export const LAYER_ENCODINGS = ['stored', 'none', 'auto'] as const;

export type LayerEncoding = (typeof LAYER_ENCODINGS)[number];

/** A layer that can be built at any time and always with the same bytes. */
export interface LayerPlan {
  /** What the layer is for, in the image's history. */
  readonly title: string;
  readonly tar: TarPlan;
  readonly encoding: LayerEncoding;
  /** Identifies the bytes; undefined when a file has no content id, so nothing may be remembered about it. */
  readonly key: string | undefined;
  readonly open: OpenFile;
}

export interface FolderToPack {
  readonly title: string;
  /** Where the folder goes in the image, without a leading `/`. */
  readonly root: string;
  readonly files: Pick<ModelFiles, 'open'>;
  readonly listing: readonly ModelFile[];
  /** Default `stored`. */
  readonly encoding?: LayerEncoding;
}

/** The layers of a folder: each big file alone, ordered by path, then everything else. */
export const planLayers = (folder: FolderToPack): readonly LayerPlan[] => {
  const big = folder.listing
    .filter(({ size }) => size >= BIG_FILE_BYTES)
    .sort((a, b) => b.size - a.size || compareBytes(a.path, b.path))
    .slice(0, MAX_BIG_LAYERS)
    .sort((a, b) => compareBytes(a.path, b.path));
  const alone = new Set(big);
  const rest = folder.listing.filter((file) => !alone.has(file));
  const groups = rest.length > 0 ? [...big.map((file) => [file]), rest] : big.map((file) => [file]);
  return groups.map((files) => planLayer(folder, files));
};

const planLayer = (
  { title, root, files, encoding = 'stored' }: FolderToPack,
  listing: readonly ModelFile[],
): LayerPlan => ({
  title: listing.length === 1 && listing[0] ? `${title}: ${listing[0].path}` : title,
  tar: planTar(listing.map(({ path, size, executable = false }) => ({ path: `${root}/${path}`, size, executable }))),
  encoding,
  key: layerKey({ root, encoding, listing }),
  open: (path, offset) => files.open(path.slice(root.length + 1), offset),
});

const layerKey = ({
  root,
  encoding,
  listing,
}: Required<Pick<FolderToPack, 'root' | 'encoding' | 'listing'>>): string | undefined => {
  if (listing.some(({ contentId }) => contentId === undefined)) return undefined;
  const files = listing
    .map(({ path, size, executable = false, contentId = '' }) => [path, size, executable, contentId] as const)
    .sort(([a], [b]) => compareBytes(a, b));
  return createHash('sha256')
    .update(canonicalJson({ format: TAR_FORMAT, root, mode: encoding, files }))
    .digest('hex');
};
