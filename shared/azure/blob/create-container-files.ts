import type { Readable } from 'node:stream';
import type { TokenCredential } from '@azure/core-auth';
import type { ContainerClient } from '@azure/storage-blob';
import type { ModelFile, ModelFiles } from '../../packaging/files/model-files.ts';
import { fromRestError } from '../from-rest-error.ts';
import { listBlobs } from './list-blobs.ts';
import { blobService } from './storage-account.ts';

/** A folder of any storage account, as a datastore of Azure ML names it. */
export interface ContainerFolder {
  readonly account: string;
  readonly container: string;
  /** Without slash at either end. */
  readonly path: string;
}

/** How other accounts are reached: the one of the embedded stack, or any by its name with a credential. */
export type ForeignAccounts = { readonly connectionString: string } | { readonly credential: TokenCredential };

/**
 * The files of a folder in another storage account, for reading. The credential needs Storage Blob Data Reader there.
 */
export const createContainerFiles = (folder: ContainerFolder, accounts: ForeignAccounts): ModelFiles => {
  const service =
    'connectionString' in accounts
      ? blobService(accounts)
      : blobService({ endpoint: `https://${folder.account}.blob.core.windows.net`, credential: accounts.credential });
  const container = service.getContainerClient(folder.container);
  const prefix = `${folder.path}/`;
  return {
    list: () => listFiles(container, prefix),
    open: async (path, offset = 0): Promise<Readable> => {
      try {
        const answer = await container.getBlobClient(prefix + path).download(offset);
        return answer.readableStreamBody as Readable;
      } catch (error) {
        throw fromRestError(error, 'read model file', { container: folder.container, path });
      }
    },
  };
};

async function* listFiles(container: ContainerClient, prefix: string): AsyncGenerator<ModelFile> {
  for await (const { path, size, md5 } of listBlobs(container, prefix)) {
    yield { path: path.slice(prefix.length), size, ...(md5 === undefined ? {} : { contentId: `md5:${md5}` }) };
  }
}
