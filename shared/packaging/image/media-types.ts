import { GZIP_MEDIA_TYPE, TAR_MEDIA_TYPE } from './layer-content.ts';

export const MANIFEST_MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_MEDIA_TYPE = 'application/vnd.oci.image.index.v1+json';
export const CONFIG_MEDIA_TYPE = 'application/vnd.oci.image.config.v1+json';

/** Docker's names for the same bytes. */
const OCI_NAMES: Readonly<Record<string, string>> = {
  'application/vnd.docker.distribution.manifest.v2+json': MANIFEST_MEDIA_TYPE,
  'application/vnd.docker.distribution.manifest.list.v2+json': INDEX_MEDIA_TYPE,
  'application/vnd.docker.container.image.v1+json': CONFIG_MEDIA_TYPE,
  'application/vnd.docker.image.rootfs.diff.tar': TAR_MEDIA_TYPE,
  'application/vnd.docker.image.rootfs.diff.tar.gzip': GZIP_MEDIA_TYPE,
};

/** The OCI name of a media type, when it is one of docker's; else as it is. */
export const toOciMediaType = (mediaType: string): string => OCI_NAMES[mediaType] ?? mediaType;

/** Layers that every runtime which reads OCI images unpacks. */
export const isLayerMediaType = (mediaType: string): boolean =>
  [TAR_MEDIA_TYPE, GZIP_MEDIA_TYPE, `${TAR_MEDIA_TYPE}+zstd`].includes(mediaType);
