import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageStore } from '../../packaging/image/ports.ts';
import type { PrivateEgress } from '../../platform/http/egress.ts';
import { isReferrerTag } from './referrer-index.ts';
import { parseRegistryAddress } from './registry-address.ts';
import { createRegistryAuth, type RegistryCredentials } from './registry-auth.ts';
import { hasBlob, mountBlob, readBlob } from './registry-blobs.ts';
import { createRegistryHttp } from './registry-http.ts';
import { listTags, putManifest, readManifest } from './registry-manifests.ts';
import { createRegistryReferrers } from './registry-referrers.ts';
import type { Wait } from './retry.ts';
import { checkedDigest } from './stored-manifest.ts';
import { createTransport } from './transport.ts';
import { uploadBlob } from './upload-blob.ts';
import { uploadContent } from './upload-content.ts';

export interface RegistryImagesOptions {
  /** As in `example.azurecr.io`, `ghcr.io/team` or `http://127.0.0.1:5000/team`. */
  readonly registry: string;
  readonly credentials: RegistryCredentials;
  readonly privateEgress: PrivateEgress;
  /** Certificates to trust beside those that Node does, as PEM. */
  readonly ca?: string;
  readonly wait?: Wait;
}

/**
 * Images in any registry that speaks the OCI distribution protocol.
 *
 * @throws SlipwayError INVALID_STATE when the address is no registry's
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export const createRegistryImages = (options: RegistryImagesOptions): ImageStore => {
  const { registry, credentials, privateEgress, ca, wait = (ms) => sleep(ms) } = options;
  const address = parseRegistryAddress(registry, privateEgress);
  const transport = createTransport(ca);
  const auth = createRegistryAuth(transport, address.origin, credentials);
  const http = createRegistryHttp({ address, transport, auth, wait });
  const referrers = createRegistryReferrers(http);
  return {
    registry: address.reference,
    hasBlob: (repository, digest) => hasBlob(http, repository, digest),
    mountBlob: (repository, digest, from) => mountBlob(http, repository, digest, from),
    putBlob: async (repository, { digest, size }, open) => {
      await uploadBlob(http, repository, uploadContent(size, open), checkedDigest(digest));
    },
    writeBlob: async (repository, { mediaType, size }, open) => ({
      mediaType,
      digest: await uploadBlob(http, repository, uploadContent(size, open)),
      size,
    }),
    readBlob: (repository, digest) => readBlob(http, repository, digest),
    readManifest: (repository, reference) => readManifest(http, repository, reference),
    putManifest: (repository, manifest, tag) => putManifest(http, repository, manifest, tag),
    putReferrer: (repository, manifest) => referrers.put(repository, manifest),
    listReferrers: (repository, digest) => referrers.list(repository, digest),
    listTags: async (repository) => (await listTags(http, repository)).filter((tag) => !isReferrerTag(tag)),
    deleteManifest: async (repository, digest) => referrers.delete(repository, checkedDigest(digest)),
  };
};
