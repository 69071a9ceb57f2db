import type { Blobs } from '../platform/blobs.ts';
import { SlipwayError } from '../platform/errors.ts';
import { resolveArtifactRoot } from '../registry/source.ts';
import type { ModelSource } from './build-model-package.ts';
import type { ModelFile, ModelFiles } from './ports.ts';

export interface ModelSourceOptions {
  readonly blobs: Blobs;
  /** `host:port` under which clients know our artifact store. */
  readonly ownHosts: readonly string[];
  /** The files behind an `azureml:` URI. */
  readonly azureMlFiles: (uri: string) => Promise<ModelFiles>;
}

/** Finds model files in our own artifact store and in the Azure ML workspace. */
export const createModelSource = ({ blobs, ownHosts, azureMlFiles }: ModelSourceOptions): ModelSource => ({
  async filesOf(version) {
    const root = resolveArtifactRoot(version, ownHosts);
    switch (root.kind) {
      case 'artifacts':
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

const artifactFiles = (blobs: Blobs, prefix: string): ModelFiles => ({
  list: () => listFiles(blobs, `${prefix}/`),
  open: async (path) => {
    const content = await blobs.read('artifacts', `${prefix}/${path}`);
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
