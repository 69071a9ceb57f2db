import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signerOf } from '../../../shared/azure/key-vault/create-image-signer.ts';
import { type BuildPackageServices, buildPackage } from '../../../shared/packaging/build-package.ts';
import type { ImageSigner } from '../../../shared/packaging/image/sign-image.ts';
import type { PackagedServer } from '../../../shared/packaging/plan-image.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { putBase } from '../../support/packaging/base-images.ts';
import { tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { type MemoryImages, memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

const services = (images: MemoryImages, more: Partial<BuildPackageServices> = {}): BuildPackageServices => ({
  images,
  layerFacts: memoryLayerFacts(),
  server: memoryFiles({ 'main.mjs': 'console.log(1)\n' }),
  clock: () => epochMs(0),
  ...more,
});

const json = (images: MemoryImages, digest: string) => JSON.parse(images.blobs.get(digest)?.toString('utf8') ?? '');

const build = async (images: MemoryImages, more: Partial<BuildPackageServices> = {}, server?: PackagedServer) =>
  buildPackage(services(images, more), await packageRequest(memoryFiles(tinyModel()), server ? { server } : {}));

const attached = (images: MemoryImages, referrer: string) => {
  const manifest = json(images, referrer);
  return { manifest, content: json(images, manifest.layers[0].digest) };
};

describe('the bill of materials of an image', () => {
  const libraries = [
    { name: 'scikit-learn', version: '1.7.2', sha256s: ['a'.repeat(64)] },
    { name: 'numpy', version: '2.3.1+local', sha256s: ['b'.repeat(64), 'c'.repeat(64)] },
  ];
  const withEnvironment = async (images: MemoryImages) => {
    const base = await putBase(images, 'env/mlflow');
    const { digest } = base.descriptor;
    return build(images, {}, { kind: 'environment', key: 'k1', repository: 'env/mlflow', digest, libraries });
  };

  it('refers to the image and names the model with its files, and each library of the environment', async () => {
    const images = memoryImages();
    const built = await withEnvironment(images);
    const { manifest, content } = attached(images, built.sbom);
    const byName = (name: string) => content.components.find((one: { name: string }) => one.name === name);

    expect(manifest).toMatchObject({
      artifactType: 'application/vnd.cyclonedx+json',
      subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: built.digest },
      config: { mediaType: 'application/vnd.oci.empty.v1+json' },
    });
    expect(content).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: { timestamp: '2026-01-02T03:04:05.000Z', component: { type: 'container', version: built.digest } },
    });
    expect(content.components).toHaveLength(3);
    expect(byName('heart-classifier')).toMatchObject({
      type: 'machine-learning-model',
      version: '2',
      hashes: [{ alg: 'SHA-256', content: built.modelDigest.slice(7) }],
      components: Object.entries(tinyModel())
        .map(([name, text]) => ({ type: 'file', name, hashes: [{ alg: 'SHA-256', content: sha256(text) }] }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    });
    expect(byName('scikit-learn')).toMatchObject({
      purl: 'pkg:pypi/scikit-learn@1.7.2',
      hashes: [{ alg: 'SHA-256', content: 'a'.repeat(64) }],
    });
    expect(byName('numpy').purl).toBe('pkg:pypi/numpy@2.3.1%2Blocal');
    expect(byName('numpy')).not.toHaveProperty('hashes');
  });

  it('is the same for the same image, and another for another', async () => {
    const first = await withEnvironment(memoryImages());
    const images = memoryImages();
    const second = await withEnvironment(images);
    const onnx = await build(images);
    const serialOf = (referrer: string) => attached(images, referrer).content.serialNumber;

    expect(second.sbom).toBe(first.sbom);
    expect(serialOf(second.sbom)).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(serialOf(onnx.sbom)).not.toBe(serialOf(second.sbom));
  });
});

describe('the provenance of an image', () => {
  it('says which files and which base it was made of', async () => {
    const images = memoryImages();
    const base = await putBase(images, 'env/mlflow');
    const { digest } = base.descriptor;
    const built = await build(images, {}, { kind: 'environment', key: 'k1', repository: 'env/mlflow', digest });
    const { manifest, content } = attached(images, built.provenance);
    const { buildDefinition, runDetails } = content.predicate;

    expect(manifest.artifactType).toBe('application/vnd.in-toto+json');
    expect(content).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'images.example/models/heart-classifier', digest: { sha256: built.digest.slice(7) } }],
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    expect(buildDefinition.externalParameters).toEqual({ model: 'heart-classifier', version: '2' });
    expect(buildDefinition.resolvedDependencies).toEqual([
      { name: 'model', uri: 'models:/heart-classifier/2', digest: { sha256: built.modelDigest.slice(7) } },
      ...Object.entries(tinyModel())
        .map(([name, text]) => ({ name, digest: { sha256: sha256(text) } }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      { name: 'environment', uri: `oci://images.example/env/mlflow@${digest}` },
      { name: 'base', uri: 'oci://images.example/env/mlflow', digest: { sha256: digest.slice(7) } },
    ]);
    expect(runDetails.builder.id).toMatch(/^https:/);
  });

  it('is found by the digest of the image, with the bill of materials', async () => {
    const images = memoryImages();
    const { digest, sbom, provenance } = await build(images);
    const referrers = await images.listReferrers('models/heart-classifier', digest);

    expect(referrers.map((one) => one.digest).sort()).toEqual([sbom, provenance].sort());
  });
});

/** Keys like those in Key Vault: a public part to read, and raw signatures. */
const keys = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

const vaultSigner = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) => {
  let signatures = 0;
  const jwk = publicKey.export({ format: 'jwk' });
  const bytes = (text: string | undefined) => (text === undefined ? {} : Buffer.from(text, 'base64url'));
  const signer = signerOf(async () => ({
    key: {
      kty: jwk.kty === 'EC' ? 'EC-HSM' : 'RSA-HSM',
      ...(jwk.crv === undefined ? {} : { crv: jwk.crv }),
      ...Object.fromEntries(
        ['x', 'y', 'n', 'e'].flatMap((part) => (jwk[part] ? [[part, bytes(String(jwk[part]))]] : [])),
      ),
    },
    sign: async (algorithm, digest) => {
      signatures += 1;
      return rawSignature(algorithm, digest, privateKey);
    },
  }));
  return { signer, signatures: () => signatures };
};

/** As Key Vault signs: a digest that was made elsewhere. Node cannot, so the payload is found again by its digest. */
const payloads = new Map<string, Uint8Array>();
const rawSignature = (algorithm: string, digest: Uint8Array, key: KeyObject): Uint8Array => {
  const payload = payloads.get(Buffer.from(digest).toString('hex'));
  if (payload === undefined) throw new Error('an unknown digest was to be signed');
  return sign('sha256', payload, algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key);
};

const remembering = (signer: ImageSigner): ImageSigner => ({
  ...signer,
  sign: (bytes) => {
    payloads.set(sha256(bytes), bytes);
    return signer.sign(bytes);
  },
});

describe.each(Object.entries(keys))('the signature of an image by a key of %s', (_, key) => {
  const SIGNATURE = 'dev.cosignproject.cosign/signature';

  it('is beside the image as cosign keeps it, over the digest of the image, and verifies', async () => {
    const images = memoryImages();
    const { digest, signature } = await build(images, { signer: remembering(vaultSigner(key).signer) });
    const tag = `models/heart-classifier:${digest.replace(':', '-')}.sig`;
    const { layers } = json(images, images.tags.get(tag) ?? '');
    const payload = images.blobs.get(layers[0].digest) ?? Buffer.alloc(0);

    expect(images.tags.get(tag)).toBe(signature);
    expect(layers[0].mediaType).toBe('application/vnd.dev.cosign.simplesigning.v1+json');
    expect(JSON.parse(payload.toString())).toEqual({
      critical: {
        identity: { 'docker-reference': 'images.example/models/heart-classifier' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    });
    const signed = Buffer.from(layers[0].annotations[SIGNATURE], 'base64');
    expect(verify('sha256', payload, key.publicKey, signed)).toBe(true);
    expect(verify('sha256', Buffer.concat([payload, Buffer.from(' ')]), key.publicKey, signed)).toBe(false);
  });

  it('is made once, beside those of others, and not skipped for one that does not verify', async () => {
    const images = memoryImages();
    const ours = vaultSigner(key);
    const others = vaultSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    await build(images, { signer: remembering(others.signer) });
    const { digest } = await build(images, { signer: remembering(ours.signer) });
    const again = await build(images, { signer: remembering(ours.signer) });
    const { layers } = json(images, again.signature ?? '');

    expect(ours.signatures()).toBe(1);
    expect(layers).toHaveLength(2);
    expect(new Set(layers.map((layer: { digest: string }) => layer.digest)).size).toBe(1);
    expect(again.digest).toBe(digest);
  });
});

describe('a key that images cannot be signed with', () => {
  it('is said so', async () => {
    const signer = signerOf(async () => ({ key: { kty: 'EC', crv: 'P-384' }, sign: async () => new Uint8Array() }));

    await expect(signer.publicKey()).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('is opened again after it could not be', async () => {
    let attempts = 0;
    const signer = signerOf(async () => {
      attempts += 1;
      throw new Error('the vault is away');
    });

    await expect(signer.publicKey()).rejects.toThrow('the vault is away');
    await expect(signer.publicKey()).rejects.toThrow('the vault is away');
    expect(attempts).toBe(2);
  });
});
