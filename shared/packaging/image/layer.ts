import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { compareBytes } from '../files/file-path.ts';
import type { ModelFile, ModelFiles } from '../files/model-files.ts';
import { canonicalJson } from './canonical-json.ts';
import type { LayerFact } from './ports.ts';
import { storedGzip, storedGzipSize } from './stored-gzip.ts';
import { planTar, TAR_FORMAT, type TarEntry, tarBytes, tarSize } from './tar.ts';

const LAYER_MEDIA_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** Files from this size on get a layer of their own, so that a model logged again pushes only what changed. */
const BIG_FILE_BYTES = 16 * 1024 * 1024;

/** Runtimes stop at 127 layers in all; what is left is for base images. */
const MAX_BIG_LAYERS = 22;

/** A layer that can be built at any time and always with the same bytes. */
export interface LayerPlan {
  /** What the layer is for, in the image's history. */
  readonly title: string;
  readonly entries: readonly TarEntry[];
  /** Identifies the bytes; undefined when a file has no content id, so nothing may be remembered about it. */
  readonly key: string | undefined;
  readonly open: (path: string) => Promise<Readable>;
}

export interface FolderToPack {
  readonly title: string;
  /** Where the folder goes in the image, without a leading `/`. */
  readonly root: string;
  readonly files: ModelFiles;
  readonly listing: readonly ModelFile[];
}

/** The layers of a folder: each big file alone, ordered by path, then everything else. */
export const planLayers = (folder: FolderToPack): readonly LayerPlan[] => {
  const big = folder.listing
    .filter(({ size }) => size >= BIG_FILE_BYTES)
    .sort((a, b) => b.size - a.size || compareBytes(a.path, b.path))
    .slice(0, MAX_BIG_LAYERS)
    .sort((a, b) => compareBytes(a.path, b.path));
  const rest = folder.listing.filter((file) => !big.includes(file));
  const groups = rest.length > 0 ? [...big.map((file) => [file]), rest] : big.map((file) => [file]);
  return groups.map((files) => planLayer(folder, files));
};

const planLayer = ({ title, root, files }: FolderToPack, listing: readonly ModelFile[]): LayerPlan => ({
  title: listing.length === 1 && listing[0] ? `${title}: ${listing[0].path}` : title,
  entries: planTar(
    listing.map(({ path, size, executable = false }) => ({ path: `${root}/${path}`, size, executable })),
  ),
  key: layerKey(root, listing),
  open: (path) => files.open(path.slice(root.length + 1)),
});

const layerKey = (root: string, listing: readonly ModelFile[]): string | undefined => {
  if (listing.some(({ contentId }) => contentId === undefined)) return undefined;
  const files = listing
    .map(({ path, size, executable = false, contentId = '' }) => [path, size, executable, contentId] as const)
    .sort(([a], [b]) => compareBytes(a, b));
  return createHash('sha256')
    .update(canonicalJson({ format: TAR_FORMAT, root, mode: 'stored', files }))
    .digest('hex');
};

/** The stored bytes of the layer. */
export const layerContent = (plan: LayerPlan): Readable =>
  Readable.from(storedGzip(tarBytes(plan.entries, plan), tarSize(plan.entries)), { objectMode: false });

/** Reads all files once to learn the layer's digests; nothing is kept in memory. */
export const measureLayer = async (plan: LayerPlan): Promise<LayerFact> => {
  const files: { readonly path: string; readonly sha256: string }[] = [];
  const diffId = createHash('sha256');
  const digest = createHash('sha256');
  const size = tarSize(plan.entries);
  const onFile = (path: string, sha256: string): void => void files.push({ path, sha256 });
  for await (const chunk of storedGzip(tapped(tarBytes(plan.entries, { ...plan, onFile }), diffId), size))
    digest.update(chunk);
  return {
    mediaType: LAYER_MEDIA_TYPE,
    digest: `sha256:${digest.digest('hex')}`,
    size: storedGzipSize(size),
    diffId: `sha256:${diffId.digest('hex')}`,
    files,
  };
};

async function* tapped(
  content: AsyncIterable<Buffer>,
  hash: { update(chunk: Buffer): unknown },
): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}
