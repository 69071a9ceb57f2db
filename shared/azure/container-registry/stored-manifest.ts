import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Referrer, StoredDocument } from '../../packaging/image/ports.ts';
import { SlipwayError } from '../../platform/errors.ts';

export const INDEX_MEDIA_TYPE = 'application/vnd.oci.image.index.v1+json';
const MANIFEST_MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Every registry takes manifests up to this size, and nobody should have to read a larger one. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

export const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** What matters here of any manifest or index. */
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: z.looseObject({ mediaType: z.string() }).optional(),
  manifests: z.array(z.unknown()).optional(),
  subject: descriptorSchema.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

export type ParsedManifest = z.infer<typeof manifestSchema>;

export const sha256Of = (content: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** The digest itself, so that it can be part of a path or URL; throws INVALID_PARAMETER_VALUE when it is none. */
export const checkedDigest = (digest: string): string => {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${digest}' is no sha256 digest`);
};

export const isDigest = (reference: string): boolean => reference.includes(':');

/** A manifest or index out of its bytes; undefined when they are neither. */
export const parseManifest = (bytes: Uint8Array): ParsedManifest | undefined => {
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};

/** The bytes as a document: with the media type they name themselves, or the one of their shape. */
export const toManifestDocument = (bytes: Uint8Array<ArrayBuffer>): StoredDocument | undefined => {
  const manifest = parseManifest(bytes);
  if (manifest === undefined || (manifest.config === undefined && manifest.manifests === undefined)) return undefined;
  const mediaType = manifest.mediaType ?? (manifest.manifests ? INDEX_MEDIA_TYPE : MANIFEST_MEDIA_TYPE);
  return { bytes, descriptor: { mediaType, digest: sha256Of(bytes), size: bytes.length } };
};

/**
 * The digest that a manifest refers to.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when it has no subject
 */
export const subjectOf = ({ bytes, descriptor }: StoredDocument): string => {
  const digest = parseManifest(bytes)?.subject?.digest;
  if (digest !== undefined) return digest;
  throw new SlipwayError('INVALID_PARAMETER_VALUE', `the manifest ${descriptor.digest} names no subject`);
};

/** How a manifest is listed among the referrers of its subject. */
export const referrerOf = ({ bytes, descriptor }: StoredDocument): Referrer => {
  const { artifactType, config, annotations } = parseManifest(bytes) ?? {};
  const type = artifactType ?? config?.mediaType;
  return {
    ...descriptor,
    ...(type === undefined ? {} : { artifactType: type }),
    ...(annotations === undefined ? {} : { annotations }),
  };
};
