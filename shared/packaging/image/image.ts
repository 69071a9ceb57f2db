import { SlipwayError } from '../../platform/errors.ts';
import { type ConfigContent, imageConfig } from './image-config.ts';
import { CONFIG_MEDIA_TYPE, INDEX_MEDIA_TYPE, MANIFEST_MEDIA_TYPE } from './media-types.ts';
import type { Platform } from './platform.ts';
import type { LayerFact, StoredDocument } from './ports.ts';
import { jsonDocument } from './stored-document.ts';

export interface ImageContent extends ConfigContent {
  readonly layers: readonly (Pick<LayerFact, 'mediaType' | 'digest' | 'size' | 'diffId'> & {
    readonly title: string;
  })[];
}

export interface ImageDocuments {
  readonly config: StoredDocument;
  readonly manifest: StoredDocument;
}

/** What containerd unpacks. */
const MAX_LAYERS = 127;

/**
 * Config and manifest of the image: a pure function of what goes in.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when the image would have more layers than runtimes take
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export const imageDocuments = (content: ImageContent): ImageDocuments => {
  const { base, created, labels } = content;
  const config = jsonDocument(CONFIG_MEDIA_TYPE, imageConfig(content));
  const layers = [...(base?.layers ?? []), ...content.layers].map(({ mediaType, digest, size }) => ({
    mediaType,
    digest,
    size,
  }));
  if (layers.length > MAX_LAYERS) {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `the image would have ${layers.length} layers, and runtimes stop at ${MAX_LAYERS}`,
    );
  }
  const manifest = jsonDocument(MANIFEST_MEDIA_TYPE, {
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { ...config.descriptor },
    layers,
    annotations: {
      ...labels,
      'org.opencontainers.image.created': created,
      ...(base && {
        'org.opencontainers.image.base.name': base.name,
        'org.opencontainers.image.base.digest': base.digest,
      }),
    },
  });
  return { config, manifest };
};

/**
 * One image for several platforms: an index of their manifests.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export const imageIndex = (
  images: readonly { readonly platform: Platform; readonly manifest: StoredDocument }[],
  annotations: Readonly<Record<string, string>>,
): StoredDocument =>
  jsonDocument(INDEX_MEDIA_TYPE, {
    schemaVersion: 2,
    mediaType: INDEX_MEDIA_TYPE,
    manifests: images.map(({ platform: { os, architecture, variant }, manifest }) => ({
      ...manifest.descriptor,
      platform: { os, architecture, variant },
    })),
    annotations,
  });
