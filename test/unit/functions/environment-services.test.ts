import { describe, expect, it } from 'vitest';
import { environmentServices } from '../../../functions/environments.ts';
import type { Blobs } from '../../../shared/platform/blobs.ts';
import { parseConfig } from '../../../shared/platform/config.ts';
import { createEgress } from '../../../shared/platform/http/egress.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { AZURE_CONFIG } from '../../support/azure-config.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { environmentSpec } from '../../support/packaging/environments.ts';
import { memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';

describe('environments built from wheels', () => {
  it('are refused in Azure without an image that brings Python, instead of making one that cannot start', async () => {
    const { environmentBuilder } = environmentServices(parseConfig(AZURE_CONFIG), {
      images: memoryImages(),
      layerFacts: memoryLayerFacts(),
      documents: createMemoryDocuments(),
      // Nothing is fetched for what cannot be served.
      blobs: {} as Blobs,
      registryTasks: undefined,
      egress: createEgress('refuse'),
      clock: systemClock,
      log: silentLogger,
    });

    const outcome = await environmentBuilder.build({
      key: 'k',
      buildId: 'b',
      fresh: false,
      spec: environmentSpec({ python: '3.11' }),
    });

    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'python-unavailable',
      message: expect.stringContaining('ENVIRONMENT_IMAGES'),
    });
  });
});
