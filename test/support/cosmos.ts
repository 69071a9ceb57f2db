import type { Container, ContainerRequest, CosmosClient } from '@azure/cosmos';
import {
  type CosmosEmulator,
  type CosmosEmulatorOptions,
  startCosmosEmulator,
} from '../../local/cosmos/start-cosmos-emulator.ts';
import { createCosmosClient } from '../../shared/azure/cosmos/create-cosmos-client.ts';

export const COSMOS_TEST_KEY = Buffer.from('a key for tests only').toString('base64');

export interface CosmosFault {
  readonly status: number;
  readonly count?: number;
  readonly match?: { readonly method?: string; readonly path?: string };
  readonly retryAfterMs?: number;
  readonly when?: 'before' | 'after';
}

export interface TestCosmos {
  readonly url: string;
  readonly client: CosmosClient;
  /** A container of its own, partitioned by `/partition` unless told otherwise. */
  container(definition?: Omit<ContainerRequest, 'id'>): Promise<Container>;
  /** Makes the next requests fail. */
  fail(fault: CosmosFault): Promise<void>;
  clearFaults(): Promise<void>;
  close(): Promise<void>;
}

const DATABASE_ID = 'test';

const callFaultHook = async (url: string, method: 'POST' | 'DELETE', fault?: CosmosFault): Promise<void> => {
  const { status } = await fetch(`${url}/_emulator/faults`, {
    method,
    headers: { 'x-emulator-key': COSMOS_TEST_KEY },
    ...(fault === undefined ? {} : { body: JSON.stringify(fault) }),
  });
  if (status !== 204) throw new Error(`the emulator refused the fault with ${status}`);
};

/** The test's view of an emulator that runs already, in this process or in another. */
const connectTestCosmos = async (emulator: CosmosEmulator): Promise<TestCosmos> => {
  const client = createCosmosClient({ endpoint: emulator.url, key: COSMOS_TEST_KEY });
  const { database } = await client.databases.createIfNotExists({ id: DATABASE_ID });
  let containerCount = 0;
  return {
    url: emulator.url,
    client,
    container: async (definition = {}) => {
      containerCount += 1;
      const partitionKey = definition.partitionKey ?? { paths: ['/partition'] };
      const id = `container-${containerCount}`;
      return (await database.containers.createIfNotExists({ ...definition, id, partitionKey })).container;
    },
    fail: (fault) => callFaultHook(emulator.url, 'POST', fault),
    clearFaults: () => callFaultHook(emulator.url, 'DELETE'),
    close: async () => {
      client.dispose();
      await emulator.close();
    },
  };
};

/** An emulator on a free port, in this process, with a client of it. */
export const startTestCosmos = async (
  options: Partial<Pick<CosmosEmulatorOptions, 'dataDir' | 'clock'>> = {},
): Promise<TestCosmos> => connectTestCosmos(await startCosmosEmulator({ port: 0, key: COSMOS_TEST_KEY, ...options }));
