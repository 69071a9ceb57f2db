import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/timers/sweep.ts';
import { createSweepStore } from '../../../shared/packaging/sweep/sweep-store.ts';
import { type LogFields, type Logger, silentLogger } from '../../../shared/platform/logging.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { memoryImages } from '../../support/packaging/memory-images.ts';
import { createMemoryBlobs } from '../../support/registry/memory-blobs.ts';

const NOW = epochMs(1_767_225_600_000);

const setUp = () => {
  const warned: LogFields[] = [];
  const log: Logger = { ...silentLogger, warn: (fields) => void warned.push(fields) };
  const endpoints = createMemoryDocuments();
  const sent: unknown[] = [];
  const blobs = createMemoryBlobs();
  const parkingLot = createParkingLot(createMemoryDocuments());
  const services = {
    wakingKinds: [{ documents: endpoints, kind: 'rollout' }],
    queues: { send: async (...message: unknown[]) => void sent.push(message) },
    clock: () => NOW,
    blobs,
    parkingLot,
    log,
    sweepStore: createSweepStore(createMemoryDocuments()),
    packageUses: { all: async () => [] },
    images: memoryImages(),
    retention: undefined,
  };
  return { services, endpoints, blobs, parkingLot, sent, warned };
};

describe('sweep', () => {
  it('sends lost wake-ups again, parks dead letters for their function, and says how many', async () => {
    const { services, endpoints, blobs, parkingLot, sent, warned } = setUp();
    const lost = {
      id: 'r1',
      kind: 'rollout',
      wakeUp: { queue: 'advance-rollout', at: NOW - 60_001, message: { rolloutId: 'r1' } },
    };
    await endpoints.commit('heart', [{ op: 'create', value: lost }]);
    for (const name of ['SLIPWAY-NOTIFY', 'MACHINE-LEARNING-DRIFT-DETECTED']) {
      await blobs.write('dead-letters', `${name}/2026/1/1/0/a.json`, '[{"id":"evt-1"}]');
    }

    await sweep(services);

    expect(sent).toEqual([['advance-rollout', { rolloutId: 'r1' }]]);
    expect((await parkingLot.list(10)).items.map(({ target }) => target)).toEqual(
      expect.arrayContaining([
        { kind: 'function', name: 'notify' },
        { kind: 'function', name: 'drift-detected' },
      ]),
    );
    expect(warned).toEqual([{ resent: 1, parked: 2 }]);
  });

  it('says nothing when there was nothing', async () => {
    const { services, warned } = setUp();

    await sweep(services);

    expect(warned).toEqual([]);
  });
});
