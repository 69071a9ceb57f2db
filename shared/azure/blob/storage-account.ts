import type { TokenCredential } from '@azure/core-auth';
import { BlobServiceClient } from '@azure/storage-blob';

/** Either a connection string, or the blob service's URL with a credential. */
export type StorageAccountOptions =
  | { readonly connectionString: string }
  | { readonly endpoint: string; readonly credential: TokenCredential };

export const blobService = (options: StorageAccountOptions): BlobServiceClient =>
  'connectionString' in options
    ? BlobServiceClient.fromConnectionString(options.connectionString)
    : new BlobServiceClient(options.endpoint, options.credential);
