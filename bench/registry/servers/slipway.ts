import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from '@azure/cosmos';
import { freePorts } from '../../../local/demo/free-ports.ts';
import { startStack } from '../../../local/stack/start-stack.ts';
import { createCosmosClient } from '../../../shared/azure/cosmos/create-cosmos-client.ts';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import { DATABASE } from '../../../shared/platform/resources.ts';
import { fillDocuments } from '../fill-documents.ts';
import type { Server } from './server.ts';

const LOOK_EVERY_MS = 500;
const STILL_FOR_LOOKS = 6;

/** The relay reads all that was filled in: measured meanwhile, the figures would be of both. */
const untilRelayed = async (leases: Container): Promise<void> => {
  let before = '';
  for (let still = 0; still < STILL_FOR_LOOKS; await sleep(LOOK_EVERY_MS)) {
    const { resources } = await leases.items.readAll().fetchAll();
    const now = JSON.stringify(resources);
    still = now === before ? still + 1 : 0;
    before = now;
  }
};

/** The whole embedded stack: Functions host, document store with a write-ahead journal, relay, events. */
export const slipway: Server = {
  name: 'slipway',
  description: 'the embedded stack of this checkout: one Functions host process, documents synced to disk',
  async start(size) {
    const dataDir = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
    const stack = await startStack({
      ports: await freePorts(),
      dataDir,
      auth: false,
      allowPrivateEgress: false,
      report: () => {},
    });
    const client = createCosmosClient({ endpoint: stack.urls.cosmos, key: stack.credentials.cosmosKey });
    const database = client.database(DATABASE);
    await fillDocuments(createCosmosDocuments(database.container('registry')), size);
    await untilRelayed(database.container('leases'));
    return {
      url: stack.urls.api,
      async stop() {
        await stack.stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  },
};
