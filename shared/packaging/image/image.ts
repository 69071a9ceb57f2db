import { createHash } from 'node:crypto';
import { SlipwayError } from '../../platform/errors.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Descriptor, LayerFact, StoredDocument } from './ports.ts';

const CONFIG_MEDIA_TYPE = 'application/vnd.oci.image.config.v1+json';
const MANIFEST_MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** An image to build on, pinned: its layers must already be in the repository. */
export interface BaseImage {
  readonly name: string;
  readonly digest: string;
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly string[];
  readonly env: readonly string[];
}

export interface ImageContent {
  readonly base?: BaseImage | undefined;
  readonly layers: readonly (LayerFact & { readonly title: string })[];
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly port: number;
}

export interface ImageDocuments {
  readonly config: StoredDocument;
  readonly manifest: StoredDocument;
}

/**
 * Config and manifest of the image: a pure function of what goes in.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when the base image's layers and diff ids do not match
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export const imageDocuments = (content: ImageContent): ImageDocuments => {
  const { base, layers, created, labels } = content;
  if (base && base.layers.length !== base.diffIds.length) {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `the base image ${base.name} has another number of diff ids than layers`,
    );
  }
  const config = toDocument(CONFIG_MEDIA_TYPE, canonicalJson(imageConfig(content)));
  const descriptors = [...(base?.layers ?? []), ...layers].map(({ mediaType, digest, size }) => ({
    mediaType,
    digest,
    size,
  }));
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { ...config.descriptor },
    layers: descriptors,
    annotations: {
      ...labels,
      'org.opencontainers.image.created': created,
      ...(base
        ? { 'org.opencontainers.image.base.name': base.name, 'org.opencontainers.image.base.digest': base.digest }
        : {}),
    },
  });
  return { config, manifest: toDocument(MANIFEST_MEDIA_TYPE, manifest) };
};

const imageConfig = (content: ImageContent): Parameters<typeof canonicalJson>[0] => {
  const { base, layers, created } = content;
  const baseHistory = (base?.diffIds ?? []).map(() => ({ created, created_by: `${base?.name}@${base?.digest}` }));
  return {
    architecture: 'amd64',
    os: 'linux',
    created,
    config: {
      Entrypoint: content.entrypoint,
      Env: mergedEnv(base?.env ?? [], content.env),
      ExposedPorts: { [`${content.port}/tcp`]: {} },
      Labels: content.labels,
      User: content.user,
      WorkingDir: content.workingDir,
    },
    history: [...baseHistory, ...layers.map(({ title }) => ({ created, created_by: `slipway: ${title}` }))],
    rootfs: { type: 'layers', diff_ids: [...(base?.diffIds ?? []), ...layers.map(({ diffId }) => diffId)] },
  };
};

/** The base's variables in their order, replaced in place where we set them too; then ours by name. */
const mergedEnv = (base: readonly string[], ours: Readonly<Record<string, string>>): readonly string[] => {
  const nameOf = (assignment: string): string => assignment.split('=', 1)[0] ?? '';
  const kept = base.map((assignment) => {
    const value = ours[nameOf(assignment)];
    return value === undefined ? assignment : `${nameOf(assignment)}=${value}`;
  });
  const known = new Set(base.map(nameOf));
  const added = Object.keys(ours)
    .filter((name) => !known.has(name))
    .sort();
  return [...kept, ...added.map((name) => `${name}=${ours[name]}`)];
};

const toDocument = (mediaType: string, text: string): StoredDocument => {
  const bytes = new TextEncoder().encode(text);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
};
