import { describe, expect, it } from 'vitest';
import { createMonitorStore } from '../../../shared/drift/monitor-store.ts';
import { type ForeignDrift, recordDrift } from '../../../shared/drift/record-drift.ts';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const NOW = epochMs(1_767_225_600_000);
const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const DRIFT: ForeignDrift = {
  name: 'heart inputs',
  driftScore: 0.31,
  from: '2025-12-30T00:00:00Z',
  to: '2025-12-31T00:00:00Z',
};

const setUp = (documents = createMemoryDocuments()) => {
  const monitors = createMonitorStore(documents);
  const journal = () => documents.all().filter(({ value }) => value.kind === 'journal');
  return { documents, monitors, journal, services: { monitors, clock: () => NOW } };
};

describe('recordDrift', () => {
  it('journals the drift and remembers it on the monitor, in one partition', async () => {
    const { services, monitors, journal } = setUp();
    await monitors.define({ name: 'heart inputs', endpoint: 'heart', model: 'heart-classifier' });

    expect(await recordDrift(DRIFT, CAUSE, services)).toBe(true);

    const [entry, ...more] = journal();
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      partition: 'heart%20inputs',
      value: {
        id: expect.stringMatching(/^drift_[0-9a-f]{24}$/),
        type: 'slipway.drift.detected',
        subject: 'monitors/heart%20inputs',
        time: '2026-01-01T00:00:00.000Z',
        causedBy: 'evt-1',
        correlationId: 'story-1',
        data: {
          monitor: 'heart inputs',
          endpoint: 'heart',
          model: 'heart-classifier',
          driftScore: 0.31,
          source: 'azure-ml',
          from: '2025-12-30T00:00:00Z',
          to: '2025-12-31T00:00:00Z',
        },
      },
    });
    expect((await monitors.get('heart inputs'))?.value).toMatchObject({
      definition: { name: 'heart inputs', endpoint: 'heart', model: 'heart-classifier' },
      lastDrift: { driftScore: 0.31, at: '2025-12-31T00:00:00.000Z', event: entry?.value.id },
    });
  });

  it('creates a monitor that nobody defined, without a target', async () => {
    const { services, monitors, journal } = setUp();

    await recordDrift({ ...DRIFT, from: undefined, to: undefined }, CAUSE, services);

    expect((await monitors.get('heart inputs'))?.value).toMatchObject({ definition: { name: 'heart inputs' } });
    const data = (journal()[0]?.value as { data?: unknown } | undefined)?.data;
    expect(data).toEqual({ monitor: 'heart inputs', driftScore: 0.31, source: 'azure-ml' });
    expect(eventDataSchema('slipway.drift.detected').safeParse(data).success).toBe(true);
  });

  it('records the same event once', async () => {
    const { services, journal, documents } = setUp();
    await recordDrift(DRIFT, CAUSE, services);
    const before = documents.all();

    expect(await recordDrift(DRIFT, CAUSE, { ...services, clock: () => addMs(NOW, 60_000) })).toBe(false);
    expect(documents.all()).toEqual(before);
    expect(journal()).toHaveLength(1);
  });

  it('records another event of the same monitor as the latest', async () => {
    const { services, monitors, journal } = setUp();
    await recordDrift(DRIFT, CAUSE, services);

    expect(await recordDrift({ ...DRIFT, driftScore: 0.5 }, { ...CAUSE, causedBy: 'evt-2' }, services)).toBe(true);
    expect(journal()).toHaveLength(2);
    expect((await monitors.get('heart inputs'))?.value.lastDrift?.driftScore).toBe(0.5);
  });

  it('keeps the newest window when an older one is told later', async () => {
    const { services, monitors, journal } = setUp();
    await recordDrift(DRIFT, CAUSE, services);

    const older = { ...DRIFT, driftScore: 0.9, to: '2025-12-30T12:00:00+01:00' };
    expect(await recordDrift(older, { ...CAUSE, causedBy: 'evt-2' }, services)).toBe(true);

    expect(journal()).toHaveLength(2);
    expect((await monitors.get('heart inputs'))?.value.lastDrift?.driftScore).toBe(0.31);
  });

  it('loses a race without a trace, and asks to be tried again', async () => {
    const memory = createMemoryDocuments();
    const { monitors } = setUp(memory);
    await monitors.define({ name: 'heart inputs' });
    let raced = false;
    const racing: Documents = {
      ...memory,
      async commit(partition, writes) {
        if (!raced) {
          raced = true;
          await recordDrift(DRIFT, { ...CAUSE, causedBy: 'evt-0' }, { monitors, clock: () => NOW });
        }
        return memory.commit(partition, writes);
      },
    };
    const services = { monitors: createMonitorStore(racing), clock: () => NOW };

    await expect(recordDrift(DRIFT, CAUSE, services)).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT' });
    expect(memory.all()).toHaveLength(2);
    expect(await recordDrift(DRIFT, CAUSE, services)).toBe(true);
    expect(memory.all()).toHaveLength(3);
  });

  it('loses the race to create the monitor in the same way', async () => {
    const memory = createMemoryDocuments();
    const { monitors } = setUp(memory);
    const blind = { ...monitors, get: async () => undefined };
    await monitors.define({ name: 'heart inputs', endpoint: 'heart' });

    await expect(recordDrift(DRIFT, CAUSE, { monitors: blind, clock: () => NOW })).rejects.toMatchObject({
      code: 'RESOURCE_CONFLICT',
    });
    expect(memory.all()).toHaveLength(1);
  });
});

describe('the monitor store', () => {
  it('keeps what was seen when a monitor is defined anew', async () => {
    const { services, monitors } = setUp();
    await recordDrift(DRIFT, CAUSE, services);

    await monitors.define({ name: 'heart inputs', endpoint: 'heart' });

    expect((await monitors.get('heart inputs'))?.value).toMatchObject({
      definition: { name: 'heart inputs', endpoint: 'heart' },
      lastDrift: { driftScore: 0.31 },
    });
  });

  it('forgets the target that a new definition leaves out', async () => {
    const { monitors } = setUp();
    await monitors.define({ name: 'm', endpoint: 'heart' });
    await monitors.define({ name: 'm' });

    expect((await monitors.get('m'))?.value.definition).toEqual({ name: 'm' });
  });

  it('keeps drift that is seen while the monitor is being defined anew', async () => {
    const memory = createMemoryDocuments();
    const { monitors } = setUp(memory);
    await monitors.define({ name: 'heart inputs' });
    let raced = false;
    const racing: Documents = {
      ...memory,
      async commit(partition, writes) {
        if (!raced) {
          raced = true;
          await recordDrift(DRIFT, CAUSE, { monitors, clock: () => NOW });
        }
        return memory.commit(partition, writes);
      },
    };

    await createMonitorStore(racing).define({ name: 'heart inputs', endpoint: 'heart' });

    expect((await monitors.get('heart inputs'))?.value).toMatchObject({
      definition: { endpoint: 'heart' },
      lastDrift: { driftScore: 0.31 },
    });
  });

  it('gives up on a monitor that never holds still', async () => {
    const restless: Documents = {
      ...createMemoryDocuments(),
      commit: async () => ({ ok: false, reason: 'changed', index: 0 }),
    };

    await expect(createMonitorStore(restless).define({ name: 'm' })).rejects.toMatchObject({
      code: 'RESOURCE_CONFLICT',
    });
  });

  it('lists page by page', async () => {
    const { monitors } = setUp();
    for (const name of ['a', 'b', 'c']) await monitors.define({ name });

    const first = await monitors.list(2);
    const second = await monitors.list(2, first.next);

    expect([...first.items, ...second.items].map(({ definition }) => definition.name)).toEqual(['a', 'b', 'c']);
    expect(second).not.toHaveProperty('next');
  });
});
