import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { createBlobs } from '../../../shared/azure/blob/create-blobs.ts';
import type { Blobs } from '../../../shared/platform/blobs.ts';
import type { BlobContainerName } from '../../../shared/platform/resources.ts';
import { startTestAzurite } from '../../support/azurite.ts';
import {
  CLOUD_TOPIC,
  cloudEvent,
  type RunningGrid,
  type Subscriber,
  startGrid,
  startSubscriber,
  webhook,
} from '../../support/event-grid.ts';
import { until } from '../../support/until.ts';

describe('dead letters in blob storage', () => {
  let azurite: Azurite;
  let blobs: Blobs;
  let grid: RunningGrid;
  let hook: Subscriber;

  beforeAll(async () => {
    azurite = await startTestAzurite();
    blobs = createBlobs(azurite);
    grid = await startGrid({
      timeScale: 0.001,
      writeDeadLetter: async (container, name, json) => {
        await blobs.write(container as BlobContainerName, name, json, { contentType: 'application/json' });
      },
    });
    hook = await startSubscriber({ onEvent: () => ({ status: 400 }) });
  });
  afterAll(async () => {
    await grid.close();
    await Promise.all([hook.close(), azurite.close()]);
  });

  it('hold the event and the reason, under the documented name', async () => {
    const deadLetterDestination = {
      endpointType: 'StorageBlob',
      properties: { resourceId: '/storage', blobContainerName: 'dead-letters' },
    };
    await grid.subscribe(CLOUD_TOPIC.id, 'refusing', webhook(hook, { deadLetterDestination }));

    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);
    const [delivery] = await until('the dead letter', async () => {
      const ended = await grid.deliveries('phase=dead-lettered');
      return ended.length > 0 && ended;
    });

    expect(delivery?.blobName).toMatch(/^REFUSING\/\d{4}\/\d{1,2}\/\d{1,2}\/\d{1,2}\/[0-9a-f-]{36}\.json$/);
    const read = await blobs.read('dead-letters', delivery?.blobName ?? '');
    expect(JSON.parse(read ? await text(read.stream) : '')).toMatchObject([
      { id: '1', eventType: 'slipway.model.registered', deliveryAttempts: 1, lastDeliveryOutcome: 'BadRequest' },
    ]);
  });
});
