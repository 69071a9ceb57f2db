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

/** What is known about a layer once it has been built; the same key always gives the same bytes. */
export interface LayerFact extends Descriptor {
  /** sha256 of the uncompressed tar. */
  readonly diffId: string;
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

/** Where images go: an OCI image layout or a registry. Every method may be called again with the same arguments. */
export interface ImageStore {
  /** Host and path before the repository in a reference, such as `example.azurecr.io`. */
  readonly registry: string;
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /**
   * Stores a blob whose digest and size are already known.
   *
   * @throws SlipwayError INVALID_STATE when the content does not have that digest
   */
  putBlob(repository: string, blob: Descriptor, content: () => Promise<Readable>): Promise<void>;
  /** Stores the manifest and points the tag at it. */
  putManifest(repository: string, tag: string, manifest: StoredDocument): Promise<void>;
  /** What `rememberLayer` was told about this key, if it is still known. */
  recallLayer(key: string): Promise<LayerFact | undefined>;
  rememberLayer(key: string, fact: LayerFact): Promise<void>;
}
