import { createHash } from 'node:crypto';
// By parts: the whole library brings a validator of schemas along.
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import { canonicalJson } from './canonical-json.ts';
import type { FileDigest } from './tar-digests.ts';

export const SBOM_MEDIA_TYPE = 'application/vnd.cyclonedx+json';

/** A Python distribution in an image. */
export interface PackagedLibrary {
  /** Normalised, as in PEP 503. */
  readonly name: string;
  readonly version: string;
  /** Hex; of the file that was installed when there is one only. */
  readonly sha256s: readonly string[];
}

export interface SbomContent {
  /** `<registry>/<repository>`. */
  readonly image: string;
  readonly digest: string;
  readonly created: string;
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
  /** Of the model, relative to its folder. */
  readonly modelFiles: readonly FileDigest[];
  /** Of the scoring server, where we brought it. */
  readonly serverFiles: readonly FileDigest[];
  readonly libraries: readonly PackagedLibrary[];
}

/**
 * What is in an image, as CycloneDX 1.6: the model with each of its files, the scoring server and the libraries of the
 * environment. The same image always gives the same bytes.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export const sbom = (content: SbomContent): Uint8Array<ArrayBuffer> => {
  const { image, digest, created, model, modelFiles, serverFiles, libraries } = content;
  const bom = new Models.Bom({
    serialNumber: serialNumber(digest),
    metadata: new Models.Metadata({
      timestamp: new Date(created),
      component: new Models.Component(Enums.ComponentType.Container, image, { bomRef: 'image', version: digest }),
    }),
  });
  const modelRef = `model:${model.name}@${model.version}`;
  bom.components.add(
    new Models.Component(Enums.ComponentType.MachineLearningModel, model.name, {
      bomRef: modelRef,
      version: model.version,
      hashes: sha256(model.digest.replace('sha256:', '')),
      components: new Models.ComponentRepository(modelFiles.map((file) => fileComponent(modelRef, file))),
    }),
  );
  if (serverFiles.length > 0) {
    bom.components.add(
      new Models.Component(Enums.ComponentType.Application, 'slipway scoring server', {
        bomRef: 'server',
        components: new Models.ComponentRepository(serverFiles.map((file) => fileComponent('server', file))),
      }),
    );
  }
  for (const library of libraries) bom.components.add(libraryComponent(library));
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return new TextEncoder().encode(canonicalJson(JSON.parse(serializer.serialize(bom, { sortLists: true }))));
};

const fileComponent = (owner: string, { path, sha256: hex }: FileDigest): Models.Component =>
  new Models.Component(Enums.ComponentType.File, path, { bomRef: `${owner}/${path}`, hashes: sha256(hex) });

const libraryComponent = ({ name, version, sha256s }: PackagedLibrary): Models.Component => {
  const purl = `pkg:pypi/${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
  const [only, ...others] = sha256s;
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    version,
    purl,
    ...(only !== undefined && others.length === 0 ? { hashes: sha256(only) } : {}),
  });
};

const sha256 = (hex: string): Models.HashDictionary =>
  new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], hex]]);

/** A UUID of version 8, from the image's own digest. */
const serialNumber = (digest: string): string => {
  const hex = createHash('sha256').update(`sbom ${digest}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
  return `urn:uuid:${[...parts, hex.slice(20, 32)].join('-')}`;
};
