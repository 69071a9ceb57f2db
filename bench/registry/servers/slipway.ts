import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../local/demo/free-ports.ts';
import { startStack } from '../../../local/stack/start-stack.ts';
import { createCosmosClient } from '../../../shared/azure/cosmos/create-cosmos-client.ts';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import { DATABASE } from '../../../shared/platform/resources.ts';
import { fillDocuments } from '../fill-documents.ts';
import type { Server } from './server.ts';

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
    await fillDocuments(createCosmosDocuments(client.database(DATABASE).container('registry')), size);
    return {
      url: stack.urls.api,
      async stop() {
        await stack.stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  },
};
