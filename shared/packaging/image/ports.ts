import type { Readable } from 'node:stream';

/** OCI content descriptor: `digest` is `sha256:<hex>`, `size` the stored bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A document that is stored under its own digest. */
export interface StoredDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Something that was attached to an image: a bill of materials, a signature. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What is known about a layer once it has been built; the same key always gives the same bytes. */
export interface LayerFact extends Descriptor {
  /** sha256 of the uncompressed tar. */
  readonly diffId: string;
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** Where it was stored, the latest last: from there it can be mounted. */
  readonly repositories: readonly string[];
}

/** Opens the content from this byte on; may be called again, and always gives the same bytes. */
export type OpenAt = (offset: number) => Promise<Readable>;

/**
 * Where images go: an OCI image layout or a registry. Every method may be called again with the same arguments.
 *
 * Every method throws SlipwayError INVALID_PARAMETER_VALUE for what is no digest, and TEMPORARILY_UNAVAILABLE,
 * REQUEST_LIMIT_EXCEEDED or PERMISSION_DENIED as the store says.
 */
export interface ImageStore {
  /** Host and path before the repository in a reference, such as `example.azurecr.io`. */
  readonly registry: string;
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /** Makes a blob of one repository one of another without sending it; false when the store declined. */
  mountBlob(repository: string, digest: string, from: string): Promise<boolean>;
  /**
   * Stores a blob whose digest and size are already known.
   *
   * @throws SlipwayError INVALID_STATE when the content does not have that digest or size, and nothing is stored
   */
  putBlob(repository: string, blob: Descriptor, open: OpenAt): Promise<void>;
  /**
   * Stores a blob whose digest is learned while it is sent; the size is exact. A layout reads it twice.
   *
   * @returns its descriptor
   * @throws SlipwayError INVALID_STATE when the content does not have that size, and nothing is stored
   */
  writeBlob(repository: string, content: Pick<Descriptor, 'mediaType' | 'size'>, open: OpenAt): Promise<Descriptor>;
  /**
   * The blob's bytes as they are stored: whoever reads them compares their digest.
   *
   * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
   */
  readBlob(repository: string, digest: string): Promise<Readable>;
  /**
   * The manifest or index that a tag points at or that has this digest, verified; undefined when there is none.
   *
   * @throws SlipwayError INVALID_STATE when it is larger than 4 MiB or has another digest than it should
   */
  readManifest(repository: string, reference: string): Promise<StoredDocument | undefined>;
  /**
   * Stores the manifest and, when there is a tag, points that at it.
   *
   * @throws SlipwayError INVALID_STATE when a registry lacks a blob that the manifest names
   */
  putManifest(repository: string, manifest: StoredDocument, tag?: string): Promise<void>;
  /**
   * Stores a manifest with a `subject`, so that `listReferrers` of the subject's digest finds it: by the registry's
   * own index, or by the index under the tag `sha256-<hex>`, which a caller must not have two of these change at once.
   *
   * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
   */
  putReferrer(repository: string, manifest: StoredDocument): Promise<void>;
  /** What refers to this digest, ordered by digest. */
  listReferrers(repository: string, digest: string): Promise<readonly Referrer[]>;
  /** All tags in order, but those of `putReferrer`. A repository that is not there has none. */
  listTags(repository: string): Promise<readonly string[]>;
  /** Removes a manifest and the tags that point at it; its blobs are left to the store's own clean-up. */
  deleteManifest(repository: string, digest: string): Promise<void>;
}

/** What is known about layers that were built, by layer key. It may be forgotten at any time, at the cost of work. */
export interface LayerFacts {
  recall(key: string): Promise<LayerFact | undefined>;
  /** Keeps the fact, and the repository as one more where the layer is. */
  remember(key: string, fact: LayerFact, repository: string): Promise<void>;
}
