import * as z from 'zod';
import type { Referrer, StoredDocument } from '../../packaging/image/ports.ts';
import { checkedDigest, descriptorSchema, INDEX_MEDIA_TYPE, sha256Of } from './stored-manifest.ts';

const indexSchema = z.looseObject({ manifests: z.array(descriptorSchema) });

/** The tag under which those who have no referrers API keep the index of what refers to a digest. */
export const referrerTag = (digest: string): string => checkedDigest(digest).replace(':', '-');

export const isReferrerTag = (tag: string): boolean => /^sha256-[0-9a-f]{64}$/.test(tag);

/** The entries of an index of referrers, ordered by digest. */
export const referrersIn = (index: unknown): readonly Referrer[] =>
  indexSchema
    .parse(index)
    .manifests.map(({ mediaType, digest, size, artifactType, annotations }) => ({
      mediaType,
      digest,
      size,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    }))
    .sort((a, b) => (a.digest < b.digest ? -1 : Number(a.digest > b.digest)));

/** The index with one more entry; equal entries give equal bytes, whatever the order in which they came. */
export const withReferrer = (known: readonly Referrer[], added: Referrer): StoredDocument =>
  referrerIndex([...known.filter(({ digest }) => digest !== added.digest), added]);

export const withoutReferrer = (known: readonly Referrer[], digest: string): StoredDocument =>
  referrerIndex(known.filter((entry) => entry.digest !== digest));

const referrerIndex = (entries: readonly Referrer[]): StoredDocument => {
  const manifests = referrersIn({ manifests: entries });
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, manifests }));
  return { bytes, descriptor: { mediaType: INDEX_MEDIA_TYPE, digest: sha256Of(bytes), size: bytes.length } };
};
