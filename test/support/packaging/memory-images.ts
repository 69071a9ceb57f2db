import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Descriptor, ImageStore, LayerFact, LayerFacts, OpenAt } from '../../../shared/packaging/image/ports.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';

export interface MemoryImages extends ImageStore {
  /** All repositories' content by digest. What a test puts here itself is in every repository. */
  readonly blobs: Map<string, Buffer>;
  /** Digest by `<repository>:<tag>`. */
  readonly tags: Map<string, string>;
  /** Digests in the order in which they were sent. */
  readonly sent: string[];
  /** `<repository> <digest>` in the order in which they were mounted. */
  readonly mounted: string[];
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const checkDigest = (digest: string): void => {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new SlipwayError('INVALID_PARAMETER_VALUE', 'no digest');
};

/** An image store in memory that remembers what it was sent. A repository sees what was put or mounted there. */
export const memoryImages = (registry = 'images.example'): MemoryImages => {
  const blobs = new Map<string, Buffer>();
  const tags = new Map<string, string>();
  const sent: string[] = [];
  const mounted: string[] = [];
  const owners = new Map<string, Set<string>>();
  const manifests = new Map<string, Descriptor>();

  const own = (repository: string, digest: string) =>
    void owners.set(digest, (owners.get(digest) ?? new Set()).add(repository));
  const has = (repository: string, digest: string): boolean => {
    checkDigest(digest);
    return blobs.has(digest) && (owners.get(digest)?.has(repository) ?? true);
  };
  const receive = async (repository: string, wanted: Partial<Descriptor>, open: OpenAt): Promise<Buffer> => {
    const content = await buffer(await open(0));
    const digest = sha256(content);
    if (digest !== (wanted.digest ?? digest) || content.length !== wanted.size) {
      throw new SlipwayError('INVALID_STATE', 'the content of a blob changed while it was stored');
    }
    sent.push(digest);
    blobs.set(digest, content);
    own(repository, digest);
    return content;
  };
  const putManifest: ImageStore['putManifest'] = async (repository, { descriptor, bytes }, tag) => {
    blobs.set(descriptor.digest, Buffer.from(bytes));
    manifests.set(descriptor.digest, descriptor);
    own(repository, descriptor.digest);
    if (tag !== undefined) tags.set(`${repository}:${tag}`, descriptor.digest);
  };
  const parsed = (digest: string) => JSON.parse(blobs.get(digest)?.toString('utf8') ?? '{}');
  return {
    registry,
    blobs,
    tags,
    sent,
    mounted,
    hasBlob: async (repository, digest) => has(repository, digest),
    mountBlob: async (repository, digest, from) => {
      if (!has(from, digest)) return false;
      own(repository, digest);
      mounted.push(`${repository} ${digest}`);
      return true;
    },
    putBlob: async (repository, blob, open) => {
      checkDigest(blob.digest);
      await receive(repository, blob, open);
    },
    writeBlob: async (repository, { mediaType, size }, open) => {
      const content = await receive(repository, { size }, open);
      return { mediaType, digest: sha256(content), size };
    },
    readBlob: async (repository, digest) => {
      const content = has(repository, digest) ? blobs.get(digest) : undefined;
      if (content === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `no blob ${digest}`);
      return Readable.from([content], { objectMode: false });
    },
    readManifest: async (repository, reference) => {
      const digest = reference.includes(':') ? reference : tags.get(`${repository}:${reference}`);
      if (digest === undefined || !has(repository, digest)) return undefined;
      const descriptor = manifests.get(digest);
      return descriptor && { descriptor, bytes: new Uint8Array(blobs.get(digest) ?? []) };
    },
    putManifest,
    putReferrer: async (repository, manifest) => {
      await putManifest(repository, manifest);
      if (parsed(manifest.descriptor.digest).subject !== undefined) return;
      throw new SlipwayError('INVALID_PARAMETER_VALUE', 'the manifest names no subject');
    },
    listReferrers: async (repository, digest) => {
      checkDigest(digest);
      return [...manifests.values()]
        .filter((one) => has(repository, one.digest) && parsed(one.digest).subject?.digest === digest)
        .map((one) => {
          const { artifactType, config, annotations } = parsed(one.digest);
          return { ...one, artifactType: artifactType ?? config?.mediaType, ...(annotations && { annotations }) };
        })
        .sort((a, b) => a.digest.localeCompare(b.digest));
    },
    listTags: async (repository) =>
      [...tags.keys()]
        .filter((name) => name.startsWith(`${repository}:`))
        .map((name) => name.slice(repository.length + 1))
        .sort(),
    deleteManifest: async (repository, digest) => {
      checkDigest(digest);
      owners.get(digest)?.delete(repository);
      for (const [name, tagged] of tags) {
        if (tagged === digest && name.startsWith(`${repository}:`)) tags.delete(name);
      }
    },
  };
};

/** Layer facts in memory. */
export const memoryLayerFacts = (): LayerFacts & { readonly facts: Map<string, LayerFact> } => {
  const facts = new Map<string, LayerFact>();
  return {
    facts,
    recall: async (key) => facts.get(key),
    remember: async (key, fact, repository) => {
      const known = facts.get(key)?.repositories ?? fact.repositories;
      facts.set(key, { ...fact, repositories: [...known.filter((name) => name !== repository), repository] });
    },
  };
};
