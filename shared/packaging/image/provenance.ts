import { canonicalJson } from './canonical-json.ts';
import type { BaseImage } from './read-base.ts';
import type { FileDigest } from './tar-digests.ts';

export const PROVENANCE_MEDIA_TYPE = 'application/vnd.in-toto+json';

/** Names how the image follows from what went in; a new one when that changes. */
const BUILD_TYPE = 'https://slipway.io/build-types/model-image/v1';
const BUILDER = 'https://slipway.io/builders/build-package';

export interface ProvenanceContent {
  /** `<registry>/<repository>`. */
  readonly image: string;
  readonly digest: string;
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
  readonly modelFiles: readonly FileDigest[];
  readonly bases: readonly BaseImage[];
  readonly environment?: { readonly key: string; readonly image: string } | undefined;
  readonly encoding: string;
}

/**
 * Where an image comes from, as SLSA provenance in an in-toto statement. It tells no time and no host, so the same image
 * always gives the same bytes.
 *
 * @see https://slsa.dev/spec/v1.1/provenance
 */
export const provenance = (content: ProvenanceContent): Uint8Array<ArrayBuffer> => {
  const { image, digest, model, modelFiles, bases, environment, encoding } = content;
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: image, digest: sha256(digest) }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { model: model.name, version: model.version },
        internalParameters: { encoding, environmentKey: environment?.key },
        resolvedDependencies: [
          { name: 'model', uri: modelUri(model), digest: sha256(model.digest) },
          ...modelFiles.map((file) => ({ name: file.path, digest: { sha256: file.sha256 } })),
          ...(environment ? [{ name: 'environment', uri: `oci://${environment.image}` }] : []),
          ...bases.map((base) => ({ name: 'base', uri: `oci://${base.name}`, digest: sha256(base.digest) })),
        ],
      },
      runDetails: { builder: { id: BUILDER } },
    },
  };
  return new TextEncoder().encode(canonicalJson(statement));
};

const modelUri = ({ name, version }: ProvenanceContent['model']): string =>
  `models:/${encodeURIComponent(name)}/${version}`;

const sha256 = (digest: string) => ({ sha256: digest.replace('sha256:', '') });
