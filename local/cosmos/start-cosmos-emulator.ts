import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../shared/platform/time.ts';
import { createCosmosServer } from './http/cosmos-server.ts';
import { openStorage } from './storage/open-storage.ts';
import { sweepExpired } from './storage/sweep.ts';

export interface CosmosEmulatorOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  /** Where the journal is; absent: nothing outlives the process. */
  readonly dataDir?: string;
  /** The account's master key, base64. */
  readonly key: string;
  readonly clock?: Clock;
}

export interface CosmosEmulator {
  readonly url: string;
  /** Answers what is under way and closes the journal. */
  close(): Promise<void>;
}

const SWEEP_EVERY_MS = 60_000;

/**
 * A running emulator of Azure Cosmos DB for NoSQL, as far as `@azure/cosmos` 4 uses it, with its data read back.
 *
 * @throws Error when the port is taken or the journal cannot be read
 * @see https://learn.microsoft.com/rest/api/cosmos-db/
 */
export const startCosmosEmulator = async (options: CosmosEmulatorOptions): Promise<CosmosEmulator> => {
  const { port, host = '127.0.0.1', key, dataDir, clock = systemClock } = options;
  let url = '';
  const opening = Promise.withResolvers<Awaited<ReturnType<typeof openStorage>>>();
  const server = createCosmosServer({ key, storage: opening.promise, url: () => url });
  // The port comes first: a second emulator on the same data fails here, before it touches the journal.
  await server.listen({ port, host });
  url = `http://${host}:${(server.server.address() as AddressInfo).port}`;
  opening.resolve(openStorage(dataDir, clock));
  const { account, journal } = await opening.promise.catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const sweeper = setInterval(() => sweepExpired(account), SWEEP_EVERY_MS).unref();
  return {
    url,
    close: async () => {
      clearInterval(sweeper);
      await server.close();
      await journal.close();
    },
  };
};
