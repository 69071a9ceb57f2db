import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
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

/** `<registry>/<repository>@sha256:<hex>` in its parts. */
export interface ImageReference {
  /** Registry and repository. */
  readonly name: string;
  readonly digest: string;
}

/** Gives the bytes that are stored under a digest: of the image's manifest, or of one of its blobs. */
export type Download = (image: ImageReference, kind: 'manifest' | 'blob', digest: string) => Promise<Readable>;

/** Images from wherever `download` has them. Every digest is checked; unpacked layers are kept in `cacheDir`. */
export const createPulledImages = (download: Download, cacheDir: string): ImageSource => {
  const layers = new Map<string, Promise<string>>();
  const layer = (image: ImageReference, of: z.infer<typeof descriptor>): Promise<string> => {
    const unpacked = layers.get(of.digest) ?? unpackedLayer(() => download(image, 'blob', of.digest), cacheDir, of);
    layers.set(of.digest, unpacked);
    unpacked.catch(() => layers.delete(of.digest));
    return unpacked;
  };
  return {
    async pullImage(reference, intoDir): Promise<ImageConfig> {
      const image = parseReference(reference);
      const read = async (kind: 'manifest' | 'blob', wanted: string): Promise<unknown> =>
        readJson(await download(image, kind, wanted), wanted);
      const found = manifest.parse(await read('manifest', image.digest));
      const parsed = config.parse(await read('blob', found.config.digest));
      const dirs = await Promise.all(found.layers.map((of) => layer(image, of)));
      for (const dir of dirs) await applyLayer(dir, intoDir);
      return parsed.config;
    },
  };
};

const parseReference = (reference: string): ImageReference => {
  const match = /^([^@]+)@(sha256:[0-9a-f]{64})$/.exec(reference);
  if (!match?.[1] || !match[2]) throw new Error(`the image reference '${reference}' names no sha256 digest`);
  return { name: match[1], digest: match[2] };
};

const unpackedLayer = async (
  open: () => Promise<Readable>,
  cacheDir: string,
  { digest: layerDigest, mediaType }: z.infer<typeof descriptor>,
): Promise<string> => {
  const dir = join(cacheDir, layerDigest.replace(':', '-'));
  if (await stat(dir).catch(() => undefined)) return dir;
  const aside = `${dir}.${randomUUID()}`;
  await mkdir(aside, { recursive: true });
  try {
    await unpack(await open(), { layerDigest, mediaType, intoDir: aside });
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

const readJson = async (content: Readable, wanted: string): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of content.pipe(digestCheck(wanted))) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
};
