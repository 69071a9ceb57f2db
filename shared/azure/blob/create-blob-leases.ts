import type { BlobLeaseClient, ContainerClient } from '@azure/storage-blob';
import type { Leases } from '../../platform/lease.ts';
import type { BlobContainerName } from '../../platform/resources.ts';
import { fromRestError, hasStatus } from '../from-rest-error.ts';
import { blobService, type StorageAccountOptions } from './storage-account.ts';

/** The longest the service gives that still ends by itself. */
const LEASE_SECONDS = 60;

const CONTAINER: BlobContainerName = 'locks';

/** Leases on empty blobs, one per name, which stay behind when released. */
export const createBlobLeases = (options: StorageAccountOptions): Leases => {
  const container = blobService(options).getContainerClient(CONTAINER);
  return {
    withLease: async (name, work) => {
      const lease = await acquire(container, name);
      if (lease === undefined) return { held: false };
      try {
        return { held: true, result: await work() };
      } finally {
        await release(lease, name);
      }
    },
  };
};

const acquire = async (container: ContainerClient, name: string): Promise<BlobLeaseClient | undefined> => {
  const blob = container.getBlockBlobClient(encodeURIComponent(name));
  const lease = blob.getBlobLeaseClient();
  try {
    await lease.acquireLease(LEASE_SECONDS);
    return lease;
  } catch (error) {
    if (hasStatus(error, 409)) return undefined;
    if (!hasStatus(error, 404)) throw fromRestError(error, 'acquire lease', { name });
  }
  try {
    // The first ever to ask makes the blob; whoever loses that race finds it there.
    await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }).catch(ignoreExisting);
    await lease.acquireLease(LEASE_SECONDS);
    return lease;
  } catch (error) {
    if (hasStatus(error, 409)) return undefined;
    throw fromRestError(error, 'acquire lease', { name });
  }
};

/** 409: made meanwhile. 412: made and leased meanwhile. */
const ignoreExisting = (error: unknown): void => {
  if (!hasStatus(error, 409, 412)) throw error;
};

const release = async (lease: BlobLeaseClient, name: string): Promise<void> => {
  try {
    await lease.releaseLease();
  } catch (error) {
    // 409: it has run out, and perhaps another holds it now. There is nothing left to give back.
    if (!hasStatus(error, 404, 409)) throw fromRestError(error, 'release lease', { name });
  }
};
