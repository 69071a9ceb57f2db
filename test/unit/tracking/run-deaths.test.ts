import { describe, expect, it } from 'vitest';
import type { Documents } from '../../../shared/platform/documents.ts';
import { createLoggedModel } from '../../../shared/tracking/logged-models/create-logged-model.ts';
import { getLoggedModel } from '../../../shared/tracking/logged-models/update-logged-model.ts';
import { getMetricHistory } from '../../../shared/tracking/metrics/history.ts';
import { createRun } from '../../../shared/tracking/runs/create-run.ts';
import { getRun } from '../../../shared/tracking/runs/get-run.ts';
import { logBatch } from '../../../shared/tracking/runs/log-batch.ts';
import { updateRun } from '../../../shared/tracking/runs/update-run.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { mortalDocuments } from '../../support/registry/mortal-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const CAUSE = { causedBy: 'test', correlationId: 'story-1' };
const DEATHS = [1, 2].flatMap((commit) => (['before', 'after'] as const).map((when) => ({ commit, when })));

const servicesOn = (documents: Documents) => createRegistryServices(undefined, {}, documents);

const setUp = async () => {
  const documents = createMemoryDocuments();
  const services = servicesOn(documents);
  const { runId } = await createRun(services, { experimentId: '0' });
  const { modelId } = await createLoggedModel(services, { experimentId: '0' });
  return { documents, services, runId, modelId };
};

describe('a process that dies while a run ends', () => {
  it.each(DEATHS)('leaves the end and its entry, or neither, at commit $commit $when it is stored', async (death) => {
    const { documents, services, runId } = await setUp();
    const ends = () => documents.all().filter(({ value }) => 'type' in value && value.type === 'slipway.run.completed');
    const update = { runId, status: 'FINISHED' };
    await updateRun(servicesOn(mortalDocuments(documents, death)), update, CAUSE).catch(() => undefined);

    expect(ends().length === 1).toBe((await getRun(services, runId)).status === 'FINISHED');
    await updateRun(services, update, CAUSE);
    expect(ends()).toHaveLength(1);
  });
});

describe('a process that dies while it logs', () => {
  it.each(DEATHS)('is made good by the same call again, at commit $commit $when it is stored', async (death) => {
    const { documents, services, runId, modelId } = await setUp();
    const point = { key: 'acc', value: 0.9, timestamp: 1, step: 1 };
    const batch = {
      metrics: [
        { ...point, modelId },
        { ...point, step: 2, modelId },
        { ...point, key: 'f1' },
      ],
      params: [{ key: 'depth', value: '3' }],
    };
    await logBatch(servicesOn(mortalDocuments(documents, death)), runId, batch).catch(() => undefined);
    await logBatch(services, runId, batch);

    const run = await getRun(services, runId);
    expect(run.metrics.map(({ key, step }) => [key, step])).toEqual([
      ['acc', 2],
      ['f1', 1],
    ]);
    expect(run.params).toEqual([{ key: 'depth', value: '3' }]);
    const { items } = await getMetricHistory(services, { runId, key: 'acc' });
    expect(items.map(({ step }) => step)).toEqual([1, 2]);
    expect((await getLoggedModel(services, modelId)).metrics).toMatchObject([
      { key: 'acc', value: 0.9, step: 2, runId },
    ]);
  });
});
