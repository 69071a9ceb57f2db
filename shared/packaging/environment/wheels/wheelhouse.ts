import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Blobs } from '../../../platform/blobs.ts';
import { SlipwayError } from '../../../platform/errors.ts';
import type { ListedFile, WheelIndex } from './wheel-index.ts';
import { parseWheelName } from './wheel-name.ts';

/** Where the wheels of a wheelhouse in blobs are, in the container of the images: `wheelhouse/<sha256>/<file name>`. */
const BLOB_PREFIX = 'wheelhouse/';

/** How long what was listed is good for: long enough for one build. */
const LISTING_MAX_AGE_MS = 60_000;

/** Wheels that somebody brought, so that nothing is fetched from the network. */
interface Shelf {
  readonly name: string;
  list(): Promise<readonly ListedFile[]>;
  download(file: ListedFile): Promise<Readable>;
}

/** The wheelhouse in a folder, as `pip download` fills it; its own folders are looked into too. */
export const createFolderWheelhouse = (folder: string): WheelIndex => {
  const hashes = new Map<string, Promise<string>>();
  return shelved({
    name: 'the wheelhouse',
    async list() {
      const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((cause: unknown) => {
        throw new SlipwayError('INVALID_STATE', 'the folder that WHEELHOUSE names cannot be read', { cause });
      });
      const wheels = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.whl'));
      return Promise.all(
        wheels.map(async ({ parentPath, name }) => {
          const path = join(parentPath, name);
          const { size, mtimeMs } = await stat(path);
          const id = `${path}\n${size}\n${mtimeMs}`;
          const hash = hashes.get(id) ?? sha256(path);
          hashes.set(id, hash);
          return { fileName: name, url: path, sha256: await hash, size };
        }),
      );
    },
    download: async ({ url }) => createReadStream(url),
  });
};

/** The wheelhouse in the storage account of the images. */
export const createBlobWheelhouse = (blobs: Blobs): WheelIndex =>
  shelved({
    name: 'the wheelhouse',
    async list() {
      const files: ListedFile[] = [];
      for await (const { path, size } of blobs.list('images', BLOB_PREFIX)) {
        const [, hash, fileName] = /^wheelhouse\/([0-9a-f]{64})\/([^/]+\.whl)$/.exec(path) ?? [];
        if (hash !== undefined && fileName !== undefined) files.push({ fileName, url: path, sha256: hash, size });
      }
      return files;
    },
    async download({ url, fileName }) {
      const found = await blobs.read('images', url);
      if (found !== undefined) return found.stream;
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `${fileName} was taken out of the wheelhouse`);
    },
  });

const shelved = (shelf: Shelf): WheelIndex => {
  let listed: { readonly at: number; readonly files: Promise<readonly ListedFile[]> } | undefined;
  const files = (): Promise<readonly ListedFile[]> => {
    if (listed === undefined || performance.now() - listed.at > LISTING_MAX_AGE_MS) {
      const reading = shelf.list();
      reading.catch(() => (listed = undefined));
      listed = { at: performance.now(), files: reading };
    }
    return listed.files;
  };
  return {
    name: shelf.name,
    filesOf: async (project) => {
      const found = (await files()).filter(({ fileName }) => parseWheelName(fileName)?.name === project);
      return found.length === 0 ? undefined : found;
    },
    download: (file) => shelf.download(file),
    // Whoever needs it takes the wheel, which is near.
    metadataOf: async () => undefined,
  };
};

const sha256 = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
