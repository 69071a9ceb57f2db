import { createPublicKey, verify } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { CONFIG_MEDIA_TYPE, MANIFEST_MEDIA_TYPE } from './media-types.ts';
import type { Descriptor, ImageStore } from './ports.ts';
import { storeBlob } from './store-blob.ts';
import { jsonDocument } from './stored-document.ts';

/** A key that signs without being shown. */
export interface ImageSigner {
  /** PEM; ECDSA on P-256 or RSA. */
  publicKey(): Promise<string>;
  /**
   * The signature of bytes with SHA-256: ECDSA in DER, RSA as PKCS #1 v1.5.
   *
   * @throws SlipwayError as the key's service says
   */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

const PAYLOAD_MEDIA_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';

const signaturesSchema = z.object({
  layers: z.array(
    z.object({
      mediaType: z.string(),
      digest: z.string(),
      size: z.number(),
      annotations: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

type Layer = z.infer<typeof signaturesSchema>['layers'][number];

/**
 * Signs an image as cosign does: beside it, under the tag `sha256-<hex>.sig`. An image that the key has signed is not
 * signed again, and signatures by other keys stay.
 *
 * @returns digest of the manifest with the signatures
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
export const signImage = async (
  { images, signer }: { readonly images: ImageStore; readonly signer: ImageSigner },
  repository: string,
  digest: string,
): Promise<string> => {
  const tag = `${digest.replace(':', '-')}.sig`;
  const bytes = signedPayload(`${images.registry}/${repository}`, digest);
  const payload = await storeBlob(images, repository, { mediaType: PAYLOAD_MEDIA_TYPE, bytes });
  const stored = await images.readManifest(repository, tag);
  const layers = stored ? signaturesSchema.parse(JSON.parse(new TextDecoder().decode(stored.bytes))).layers : [];
  const key = await signer.publicKey();
  if (stored && layers.some((layer) => isSignature(layer, { payload, bytes, key }))) return stored.descriptor.digest;

  const signature = Buffer.from(await signer.sign(bytes)).toString('base64');
  const signed = [...layers, { ...payload, annotations: { [SIGNATURE]: signature } }];
  const diffIds = signed.map((layer) => layer.digest);
  const config = jsonDocument(CONFIG_MEDIA_TYPE, {
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  await storeBlob(images, repository, { mediaType: CONFIG_MEDIA_TYPE, bytes: config.bytes });
  const manifest = jsonDocument(MANIFEST_MEDIA_TYPE, {
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { ...config.descriptor },
    layers: signed,
  });
  await images.putManifest(repository, manifest, tag);
  return manifest.descriptor.digest;
};

/** What is signed: which bytes, and under which name they were published. */
const signedPayload = (image: string, digest: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(
    canonicalJson({
      critical: {
        identity: { 'docker-reference': image },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );

/** Anybody who may push could have left something under the tag: only what the key itself made counts. */
const isSignature = (
  { digest, annotations }: Layer,
  { payload, bytes, key }: { readonly payload: Descriptor; readonly bytes: Uint8Array; readonly key: string },
): boolean => {
  if (digest !== payload.digest) return false;
  return verify('sha256', bytes, createPublicKey(key), Buffer.from(annotations[SIGNATURE] ?? '', 'base64'));
};
