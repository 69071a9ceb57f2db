import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import * as z from 'zod';
import type { Descriptor, ImageStore, LayerFact, StoredDocument } from '../../packaging/image/ports.ts';
import type { Blobs } from '../../platform/blobs.ts';
import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';

const CONTAINER = 'images';
const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';
const REF_NAME = 'org.opencontainers.image.ref.name';

/** Attempts to change index.json while others do too. */
const MAX_INDEX_ATTEMPTS = 20;

/** A manifest or an index; both are small by specification. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const indexSchema = z.looseObject({ schemaVersion: z.literal(2), manifests: z.array(descriptorSchema) });

type Index = z.infer<typeof indexSchema>;

const factSchema = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  diffId: z.string(),
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
});

/**
 * One OCI image layout in the blob container `images`, for all repositories; a tag is the annotation
 * `<repository>:<tag>` of an entry of its index.
 *
 * @param registry - the host that references to its images begin with
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export const createBlobImageLayout = (blobs: Blobs, registry: string): ImageStore => ({
  registry,
  hasBlob: async (_repository, digest) => (await blobs.stat(CONTAINER, blobPath(digest))) !== undefined,
  putBlob: async (_repository, blob, content) => {
    const stream = verified(await content(), blob);
    try {
      await writeOnce(blobs, blobPath(blob.digest), stream, blob.mediaType);
    } finally {
      stream.destroy();
    }
  },
  putManifest: async (repository, tag, manifest) => {
    const { digest, mediaType } = manifest.descriptor;
    await writeOnce(blobs, blobPath(digest), manifest.bytes, mediaType);
    await writeOnce(blobs, 'oci-layout', LAYOUT, 'application/json');
    await addToIndex(blobs, `${repository}:${tag}`, manifest);
  },
  recallLayer: async (key) => {
    const text = await readText(blobs, factPath(key));
    const fact = text === undefined ? undefined : factSchema.safeParse(JSON.parse(text.content));
    return fact?.success ? fact.data : undefined;
  },
  rememberLayer: async (key: string, fact: LayerFact) => {
    await writeOnce(blobs, factPath(key), JSON.stringify(fact), 'application/json');
  },
});

const blobPath = (digest: string): string => {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${digest}' is no sha256 digest`);
  }
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
};

const factPath = (key: string): string => `layer-facts/${key}.json`;

/** Content-addressed: what is there already has the same bytes. */
const writeOnce = async (
  blobs: Blobs,
  path: string,
  body: Readable | Uint8Array | string,
  contentType: string,
): Promise<void> => {
  try {
    await blobs.write(CONTAINER, path, body, { contentType, ifNoneMatch: '*' });
  } catch (error) {
    if (!isSlipwayError(error) || error.code !== 'PRECONDITION_FAILED') throw error;
  }
};

/** Passes the bytes on and fails before the end unless they are the blob's; an upload that fails stores nothing. */
const verified = (content: Readable, { digest, size }: Descriptor): Readable => {
  const hash = createHash('sha256');
  let seen = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      seen += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      const actual = `sha256:${hash.digest('hex')}`;
      if (actual === digest && seen === size) return done();
      done(
        new SlipwayError('INVALID_STATE', 'the content of a blob changed while it was stored', {
          details: { digest, actual },
        }),
      );
    },
  });
  content.once('error', (error) => check.destroy(error));
  check.once('close', () => content.destroy());
  return content.pipe(check);
};

const addToIndex = async (blobs: Blobs, name: string, { descriptor }: StoredDocument): Promise<void> => {
  for (let attempt = 0; attempt < MAX_INDEX_ATTEMPTS; attempt += 1) {
    const stored = await readText(blobs, 'index.json');
    const index = stored ? indexSchema.parse(JSON.parse(stored.content)) : emptyIndex();
    const next = withEntry(index, name, descriptor);
    if (stored && next === index) return;
    try {
      const condition = stored ? { ifMatch: stored.etag } : { ifNoneMatch: '*' as const };
      await blobs.write(CONTAINER, 'index.json', JSON.stringify(next), {
        contentType: 'application/json',
        ...condition,
      });
      return;
    } catch (error) {
      if (!isSlipwayError(error) || error.code !== 'PRECONDITION_FAILED') throw error;
    }
  }
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the image index is being changed by too many others');
};

const emptyIndex = (): Index => ({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [],
});

/** The index with the name pointing at this manifest only; the same object when it does already. */
const withEntry = (index: Index, name: string, { mediaType, digest, size }: Descriptor): Index => {
  const named = index.manifests.filter(({ annotations }) => annotations?.[REF_NAME] === name);
  if (named.length === 1 && named[0]?.digest === digest) return index;
  const others = index.manifests.filter((entry) => !named.includes(entry));
  return { ...index, manifests: [...others, { mediaType, digest, size, annotations: { [REF_NAME]: name } }] };
};

const readText = async (blobs: Blobs, path: string): Promise<{ content: string; etag: string } | undefined> => {
  const blob = await blobs.read(CONTAINER, path);
  if (!blob) return undefined;
  if (blob.size > MAX_JSON_BYTES) {
    blob.stream.destroy();
    throw new SlipwayError('INVALID_STATE', `'${path}' in the image layout is too large`, {
      details: { size: blob.size },
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of blob.stream) chunks.push(chunk as Buffer);
  return { content: Buffer.concat(chunks).toString('utf8'), etag: blob.etag };
};
