import { createHash, createPublicKey } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import { CryptographyClient, type JsonWebKey, KeyClient, parseKeyVaultKeyIdentifier } from '@azure/keyvault-keys';
import type { ImageSigner } from '../../packaging/image/sign-image.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { fromRestError } from '../from-rest-error.ts';
import { derSignature } from './der-signature.ts';

export interface ImageSignerOptions {
  /** Such as `https://<vault>.vault.azure.net/keys/<name>/<version>`; without version the latest when first used. */
  readonly keyId: string;
  /** Needs to read the key and to sign with it: Key Vault Crypto User. */
  readonly credential: TokenCredential;
}

/** The two calls of the service that are made. */
export interface VaultKey {
  readonly key: JsonWebKey;
  /** The raw signature of a SHA-256 digest. */
  sign(algorithm: 'ES256' | 'RS256', digest: Uint8Array): Promise<Uint8Array>;
}

/** Signs with a key in Key Vault, which never leaves it: EC on P-256, or RSA. */
export const createImageSigner = (options: ImageSignerOptions): ImageSigner => signerOf(() => openKey(options));

/** A signer with a key that is opened at its first use. */
export const signerOf = (open: () => Promise<VaultKey>): ImageSigner => {
  let opened: Promise<VaultKey> | undefined;
  const vaultKey = (): Promise<VaultKey> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    publicKey: async () => toPem((await vaultKey()).key),
    sign: async (bytes) => {
      const { key, sign } = await vaultKey();
      const digest = createHash('sha256').update(bytes).digest();
      return isElliptic(key) ? derSignature(await sign('ES256', digest)) : sign('RS256', digest);
    },
  };
};

const openKey = async ({ keyId, credential }: ImageSignerOptions): Promise<VaultKey> => {
  const { vaultUrl, name, version } = parseKeyVaultKeyIdentifier(keyId);
  try {
    const found = await new KeyClient(vaultUrl, credential).getKey(name, version === undefined ? {} : { version });
    const client = new CryptographyClient(found, credential);
    if (found.key === undefined) throw new SlipwayError('INVALID_STATE', 'Key Vault did not show the public key');
    return {
      key: found.key,
      sign: async (algorithm, digest) => {
        try {
          return (await client.sign(algorithm, digest)).result;
        } catch (error) {
          throw fromRestError(error, 'sign with the key', { key: name });
        }
      },
    };
  } catch (error) {
    throw fromRestError(error, 'read the signing key', { key: name });
  }
};

const isElliptic = ({ kty, crv }: JsonWebKey): boolean => {
  if (kty?.startsWith('EC') && crv === 'P-256') return true;
  if (kty?.startsWith('RSA')) return false;
  throw new SlipwayError(
    'INVALID_STATE',
    `images are signed with P-256 or RSA keys, not with ${crv ?? kty ?? 'this one'}`,
  );
};

const toPem = (key: JsonWebKey): string => {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  const jwk = isElliptic(key)
    ? { kty: 'EC', crv: 'P-256', x: text(key.x), y: text(key.y) }
    : { kty: 'RSA', n: text(key.n), e: text(key.e) };
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
};
