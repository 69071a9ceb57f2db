import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import fastify, { type FastifyInstance } from 'fastify';
import * as z from 'zod';
import { createConversions } from '../../scoring/convert/conversions.ts';
import { conversionRoutes } from '../../scoring/convert/server.ts';
import { systemClock, toIso } from '../../shared/platform/time.ts';
import { createEventGrid, type EventGrid } from '../event-grid/create-event-grid.ts';
import { createBlobCollected } from '../machine-learning/blob-collected.ts';
import { createBlobImages } from '../machine-learning/blob-images.ts';
import { createMachineLearning } from '../machine-learning/create-machine-learning.ts';
import type { ImageSource } from '../machine-learning/options.ts';
import { createRegistryImages } from '../machine-learning/registry-images.ts';
import { SYSTEM_TOPIC_ID, TOPIC_ID, WORKSPACE_ID } from './app-settings.ts';
import { fromEnvironment, type StackEnvironment } from './stack-environment.ts';

/** The Azure emulator as a process: Event Grid, Azure ML and Azure Monitor on one port. */
const run = async (stack: StackEnvironment): Promise<void> => {
  const blobs = BlobServiceClient.fromConnectionString(stack.storageConnectionString);
  const eventGrid = await startEventGrid(stack, blobs);
  const machineLearning = startMachineLearning(stack, blobs, eventGrid);
  const server = fastify({ bodyLimit: 16 * 1_048_576, forceCloseConnections: true });
  await server.register(eventGrid.plugin);
  await server.register(machineLearning.plugin);
  await server.register(conversionRoutes(converterOf(stack)), { prefix: '/converter' });
  addWorkspaceEventRoute(server, eventGrid);
  server.get('/health', async () => ({ status: 'ok' }));
  await server.listen({ host: '127.0.0.1', port: stack.ports.azure });
  process.stdout.write('{"ready":true}\n');

  process.once('SIGTERM', () => {
    void Promise.allSettled([server.close(), eventGrid.close(), machineLearning.close()]).then(() => process.exit(0));
  });
};

const startEventGrid = (stack: StackEnvironment, blobs: BlobServiceClient): Promise<EventGrid> =>
  createEventGrid({
    topics: [{ name: 'slipway', id: TOPIC_ID, inputSchema: 'CloudEventSchemaV1_0', keys: [stack.topicKey] }],
    systemTopics: [{ name: 'machine-learning', id: SYSTEM_TOPIC_ID, source: WORKSPACE_ID }],
    dataDir: join(stack.dataDir, 'event-grid'),
    functionsHost: {
      url: `http://127.0.0.1:${stack.ports.host}`,
      ...(stack.systemKey === undefined ? {} : { systemKey: stack.systemKey }),
    },
    armToken: stack.armToken,
    writeDeadLetter: async (container, blobName, json) => {
      await blobs.getContainerClient(container).getBlockBlobClient(blobName).upload(json, Buffer.byteLength(json));
    },
  });

const startMachineLearning = (stack: StackEnvironment, blobs: BlobServiceClient, eventGrid: EventGrid) =>
  createMachineLearning({
    workspaceId: WORKSPACE_ID,
    publicUrl: `http://127.0.0.1:${stack.ports.azure}`,
    dataDir: join(stack.dataDir, 'machine-learning'),
    armToken: stack.armToken,
    images: imagesOf(stack, blobs),
    pythons: stack.pythons,
    collected: createBlobCollected(blobs.getContainerClient('workspaceblobstore')),
    location: 'embedded',
    datastores: { workspaceblobstore: { accountName: blobs.accountName, containerName: 'workspaceblobstore' } },
    emit: (type, subject, data) => publish(eventGrid, type, subject, data),
    log: (message, details) => process.stderr.write(`${JSON.stringify({ message, ...details })}\n`),
  });

const imagesOf = ({ dataDir, registry }: StackEnvironment, blobs: BlobServiceClient): ImageSource => {
  const cacheDir = join(dataDir, 'machine-learning', 'layers');
  return registry === undefined
    ? createBlobImages({ container: blobs.getContainerClient('images'), cacheDir })
    : createRegistryImages({ ...registry, cacheDir });
};

/** Models are converted in processes of their own, and never in the Functions host. */
const converterOf = ({ dataDir, pythons, armToken: key }: StackEnvironment) => ({
  conversions: createConversions({ folder: join(dataDir, 'converter'), pythons }),
  key,
});

const publish = (eventGrid: EventGrid, type: string, subject: string, data: Readonly<Record<string, unknown>>) =>
  eventGrid.publish(WORKSPACE_ID, {
    id: randomUUID(),
    subject,
    eventType: `Microsoft.MachineLearningServices.${type}`,
    eventTime: toIso(systemClock()),
    dataVersion: '1.0',
    data,
  });

const workspaceEvent = z.strictObject({
  type: z.enum(['ModelRegistered', 'ModelDeployed', 'RunCompleted', 'RunStatusChanged', 'DatasetDriftDetected']),
  subject: z.string(),
  data: z.record(z.string(), z.unknown()),
});

/** What happens in a workspace beyond endpoints, runs and drift say, is told to the emulator by whoever plays it. */
const addWorkspaceEventRoute = (server: FastifyInstance, eventGrid: EventGrid): void => {
  server.post('/_emulator/machine-learning/events', async (request, reply) => {
    const parsed = workspaceEvent.safeParse(request.body);
    if (!parsed.success)
      return reply.code(400).send({ error: { code: 'InvalidRequest', message: parsed.error.message } });
    await publish(eventGrid, parsed.data.type, parsed.data.subject, parsed.data.data);
    return reply.code(202).send({});
  });
};

await run(fromEnvironment());
