import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ContainerClient } from '@azure/storage-blob';
import * as z from 'zod';
import { unpackLayer } from './layer.ts';
import type { ImageConfig, ImageSource } from './options.ts';
import { applyLayer } from './rootfs.ts';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptor = z.object({ mediaType: z.string(), digest });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });
const texts = z.array(z.string()).nullish();
const config = z.object({
  config: z.object({ Entrypoint: texts, Cmd: texts, Env: texts, WorkingDir: z.string().optional() }).prefault({}),
});

export interface BlobImagesOptions {
  /** The container that is one OCI image layout: blobs are named `blobs/sha256/<hex>`. */
  readonly container: ContainerClient;
  /** Unpacked layers are kept here by digest. */
  readonly cacheDir: string;
}

/** Images from an OCI image layout in a blob container. Every blob's digest is checked. */
export const createBlobImages = ({ container, cacheDir }: BlobImagesOptions): ImageSource => {
  const layers = new Map<string, Promise<string>>();
  const layer = (of: z.infer<typeof descriptor>): Promise<string> => {
    const unpacked = layers.get(of.digest) ?? unpackedLayer(container, cacheDir, of);
    layers.set(of.digest, unpacked);
    unpacked.catch(() => layers.delete(of.digest));
    return unpacked;
  };
  return {
    async pullImage(reference, intoDir): Promise<ImageConfig> {
      const image = manifest.parse(await readJson(container, digestOf(reference)));
      const parsed = config.parse(await readJson(container, image.config.digest));
      const dirs = await Promise.all(image.layers.map(layer));
      for (const dir of dirs) await applyLayer(dir, intoDir);
      return parsed.config;
    },
  };
};

const digestOf = (reference: string): string => {
  const match = /@(sha256:[0-9a-f]{64})$/.exec(reference);
  if (!match?.[1]) throw new Error(`the image reference '${reference}' names no sha256 digest`);
  return match[1];
};

const unpackedLayer = async (
  container: ContainerClient,
  cacheDir: string,
  { digest: layerDigest, mediaType }: z.infer<typeof descriptor>,
): Promise<string> => {
  const dir = join(cacheDir, layerDigest.replace(':', '-'));
  if (await stat(dir).catch(() => undefined)) return dir;
  const aside = `${dir}.${randomUUID()}`;
  await mkdir(aside, { recursive: true });
  try {
    await unpack(await download(container, layerDigest), { layerDigest, mediaType, intoDir: aside });
    await rename(aside, dir);
    return dir;
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
};

const unpack = async (
  blob: Readable,
  { layerDigest, mediaType, intoDir }: { layerDigest: string; mediaType: string; intoDir: string },
): Promise<void> => {
  const checked = digestCheck(layerDigest);
  const tar = mediaType.endsWith('gzip') ? checked.pipe(createGunzip()) : checked;
  checked.on('error', (error) => tar.destroy(error));
  const fed = pipeline(blob, checked);
  fed.catch(() => undefined);
  await unpackLayer(tar, intoDir);
  // A gunzip ends at the end of its member: only here is it certain that the last byte was hashed.
  await fed;
};

/** Passes bytes through and fails at the end unless they have the digest. */
const digestCheck = (wanted: string): Transform => {
  const hash = createHash('sha256');
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
    flush: (done) => {
      const actual = `sha256:${hash.digest('hex')}`;
      done(actual === wanted ? null : new Error(`the blob ${wanted} has the digest ${actual}`));
    },
  });
};

const readJson = async (container: ContainerClient, wanted: string): Promise<unknown> => {
  const chunks: Buffer[] = [];
  const checked = (await download(container, wanted)).pipe(digestCheck(wanted));
  for await (const chunk of checked) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
};

const download = async (container: ContainerClient, wanted: string): Promise<Readable> => {
  const { readableStreamBody } = await container.getBlobClient(`blobs/${wanted.replace(':', '/')}`).download();
  if (!readableStreamBody) throw new Error(`the blob ${wanted} has no content`);
  return readableStreamBody as Readable;
};
