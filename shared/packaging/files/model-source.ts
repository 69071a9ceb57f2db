import type { Blobs } from '../../platform/blobs.ts';
import { SlipwayError } from '../../platform/errors.ts';
import type { ModelVersion } from '../../registry/model.ts';
import { resolveArtifactRoot } from '../../registry/source.ts';
import type { ModelSource } from '../build-model-package.ts';
import type { ModelFile, ModelFiles } from './model-files.ts';
import type { OriginFiles } from './origin-files.ts';

export interface ModelSourceOptions {
  readonly blobs: Blobs;
  /** `host:port` under which clients know our artifact store. */
  readonly ownHosts: readonly string[];
  /** The files behind an `azureml:` URI. */
  readonly azureMlFiles: (uri: string) => Promise<ModelFiles>;
  /** The files of versions that are mirrored from an origin server. */
  readonly originFiles: OriginFiles;
}

/** Finds model files in our own artifact store, in the Azure ML workspace and on origin servers. */
export const createModelSource = (options: ModelSourceOptions): ModelSource => ({
  async filesOf({ originOf, ...version }) {
    const { blobs, ownHosts, azureMlFiles, originFiles } = options;
    if (originOf !== undefined) return originFiles({ ...version, originOf });
    const root = resolveArtifactRoot(version, ownHosts);
    switch (root.kind) {
      case 'artifacts':
        if (await isEmpty(blobs, root.prefix)) return { unreachable: nothingAt(version) };
        return { files: artifactFiles(blobs, root.prefix) };
      case 'azureml':
        return { files: await azureMlFiles(root.uri) };
      case 'unreachable':
        return { unreachable: root.reason };
      default:
        return root satisfies never;
    }
  },
});

const isEmpty = async (blobs: Blobs, prefix: string): Promise<boolean> => {
  for await (const _ of blobs.list('artifacts', `${prefix}/`)) return false;
  return true;
};

/** A `mlflow-artifacts:` URI names no server: it may have been meant for the artifact store of another. */
const nothingAt = ({ location, source }: Pick<ModelVersion, 'location' | 'source'>): string =>
  `nothing is stored at '${location ?? source}' on this server; perhaps the model was logged to another`;

const artifactFiles = (blobs: Blobs, prefix: string): ModelFiles => ({
  list: () => listFiles(blobs, `${prefix}/`),
  open: async (path, offset = 0) => {
    const content = await blobs.read('artifacts', `${prefix}/${path}`, offset > 0 ? { start: offset } : undefined);
    if (content === undefined)
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `'${path}' was deleted while being read`);
    return content.stream;
  },
});

async function* listFiles(blobs: Blobs, prefix: string): AsyncGenerator<ModelFile> {
  for await (const { path, size, md5 } of blobs.list('artifacts', prefix)) {
    yield { path: path.slice(prefix.length), size, ...(md5 === undefined ? {} : { contentId: `md5:${md5}` }) };
  }
}
