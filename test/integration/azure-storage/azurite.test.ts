import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { startAzurite } from '../../../local/azurite/start-azurite.ts';
import { createBlobs } from '../../../shared/azure/blob/create-blobs.ts';

describe('Azurite as a child process', () => {
  it('keeps its data over a clean stop, and starts again on the same ports', async () => {
    const location = await mkdtemp(join(tmpdir(), 'slipway-azurite-'));
    const first = await startAzurite({ location: join(location, 'data'), logFile: join(location, 'azurite.log') });
    await BlobServiceClient.fromConnectionString(first.connectionString).createContainer('artifacts');
    await createBlobs(first).write('artifacts', 'kept', 'still here');
    await first.close();

    const { blobPort, queuePort } = { blobPort: portOf(first.blobEndpoint), queuePort: portOf(first.queueEndpoint) };
    const second = await startAzurite({ location: join(location, 'data'), blobPort, queuePort });
    const read = await createBlobs(second).read('artifacts', 'kept');

    expect(read && (await text(read.stream))).toBe('still here');
    expect(second.connectionString).toBe(first.connectionString);
    await second.close();
    await second.close();
    expect(second.process.exitCode ?? second.process.signalCode).not.toBeNull();
    await rm(location, { recursive: true });
  });

  it('says so when its port is taken', async () => {
    const running = await startAzurite();

    await expect(startAzurite({ blobPort: portOf(running.blobEndpoint) })).rejects.toThrow(/port \d+ is in use/);

    await running.close();
  });
});

const portOf = (url: string): number => Number(new URL(url).port);
