import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { freePort } from '../../../local/free-port.ts';
import { createBlobCollected } from '../../../local/machine-learning/blob-collected.ts';
import { createBlobImages } from '../../../local/machine-learning/blob-images.ts';
import {
  createMachineLearning,
  type MachineLearning,
} from '../../../local/machine-learning/create-machine-learning.ts';
import type { MachineLearningOptions } from '../../../local/machine-learning/options.ts';
import { startTestAzurite } from '../azurite.ts';
import { fixtureImage } from './fixture-model.ts';
import { pushImage } from './oci-layout.ts';

export const WORKSPACE_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/test';
export const ARM_TOKEN = 'arm-token';

export interface EmittedEvent {
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A workspace on Azurite that a test can stop and start again. */
export class WorkspaceFixture {
  readonly events: EmittedEvent[] = [];
  readonly dataDir: string;
  readonly azurite: Azurite;
  readonly images: ContainerClient;
  readonly collected: ContainerClient;
  #app: FastifyInstance | undefined;
  #emulator: MachineLearning | undefined;
  #url = '';

  private constructor(dataDir: string, azurite: Azurite) {
    this.dataDir = dataDir;
    this.azurite = azurite;
    const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
    this.images = blobs.getContainerClient('images');
    this.collected = blobs.getContainerClient('workspaceblobstore');
  }

  static async create(): Promise<WorkspaceFixture> {
    const dataDir = await mkdtemp(join(tmpdir(), 'machine-learning-'));
    return new WorkspaceFixture(dataDir, await startTestAzurite());
  }

  get url(): string {
    return this.#url;
  }

  async start(options: Partial<MachineLearningOptions> = {}): Promise<void> {
    const app = Fastify();
    this.#app = app;
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const emulator = createMachineLearning({
      workspaceId: WORKSPACE_ID,
      publicUrl: this.#url,
      dataDir: this.dataDir,
      armToken: ARM_TOKEN,
      images: createBlobImages({ container: this.images, cacheDir: join(this.dataDir, 'layers') }),
      collected: createBlobCollected(this.collected),
      emit: (type, subject, data) => void this.events.push({ type, subject, data }),
      ...options,
      timing: {
        provisioningDelayMs: 20,
        readinessPeriodMs: 20,
        restartDelayMs: 50,
        flushPeriodMs: 50,
        ...options.timing,
      },
    });
    this.#emulator = emulator;
    await app.register(emulator.plugin);
    await app.listen({ port, host: '127.0.0.1' });
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.#emulator?.close();
    this.#app = undefined;
    this.#emulator = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.azurite.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Reference of a pushed fixture model. */
  push(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    return pushImage(this.images, fixtureImage(name, env));
  }
}
