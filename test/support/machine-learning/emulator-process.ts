import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import Fastify from 'fastify';
import { createBlobImages } from '../../../local/machine-learning/blob-images.ts';
import { createMachineLearning } from '../../../local/machine-learning/create-machine-learning.ts';

/** Runs the emulator alone, for tests that kill it: `node emulator-process.ts <workspaceId> <token> <dataDir> <port> <connectionString>`. */
const [workspaceId = '', armToken = '', dataDir = '', port = '', connectionString = ''] = process.argv.slice(2);
const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('images');
const emulator = createMachineLearning({
  ...{ workspaceId, armToken, dataDir },
  publicUrl: `http://127.0.0.1:${port}`,
  images: createBlobImages({ container, cacheDir: join(dataDir, 'layers') }),
  timing: { provisioningDelayMs: 20, readinessPeriodMs: 20, flushPeriodMs: 100 },
});
const app = Fastify();
await app.register(emulator.plugin);
await app.listen({ port: Number(port), host: '127.0.0.1' });
