import { beforeEach, describe, expect, it } from 'vitest';
import { trackedArtifactsOf } from '../../../functions/neighbours.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { recordModelMetrics } from '../../../shared/tracking/logged-models/record-metrics.ts';
import { createRegistryServices, type MlflowClient, mlflowClient } from '../../support/registry/registry-server.ts';
import type { TrackingFixture } from './fixture.ts';

/** What logged models promise on every store of documents. */
export const testLoggedModels = ({ createDocuments }: TrackingFixture): void => {
  describe('logged models', () => {
    let services: ReturnType<typeof createRegistryServices>;
    let client: MlflowClient;

    beforeEach(async () => {
      services = createRegistryServices(undefined, {}, await createDocuments());
      client = mlflowClient(services);
    });

    const create = async (name: string, fields: object = {}) =>
      (await client.post('logged-models', { experiment_id: '0', name, ...fields })).model.info.model_id as string;
    const metric = (value: number, runId = 'r') => ({ key: 'acc', value, timestamp: epochMs(1), step: 0, runId });

    it('lose no change of many at once', async () => {
      const id = await create('model');
      const numbers = Array.from({ length: 12 }, (_, number) => number);
      await Promise.all([
        ...numbers.map((n) => client.patch(`logged-models/${id}/tags`, { tags: [{ key: `t${n}`, value: 'x' }] })),
        ...numbers.map((n) => client.post(`logged-models/${id}/params`, { params: [{ key: `p${n}`, value: 'x' }] })),
        ...numbers.map((n) => recordModelMetrics(services, id, [metric(n, `r${n}`)])),
      ]);
      const { model } = await client.get(`logged-models/${id}`);
      expect([model.info.tags.length, model.data.params.length, model.data.metrics.length]).toEqual([12, 12, 12]);
    });

    it('are found by what they are and what was measured, page by page', async () => {
      for (let number = 0; number < 7; number += 1) {
        const id = await create(`model-${number}`, { source_run_id: number < 3 ? 'r-one' : 'r-two' });
        await recordModelMetrics(services, id, [metric(number / 10)]);
      }
      await client.delete(`logged-models/${await create('gone')}`);
      const seen: string[] = [];
      for (let page_token: string | undefined = ''; page_token !== undefined; ) {
        const page = await client.post('logged-models/search', {
          experiment_ids: ['0', '1'],
          filter: "source_run_id = 'r-two' AND metrics.acc < 0.6",
          order_by: [{ field_name: 'metrics.acc', ascending: false }],
          max_results: 2,
          page_token,
        });
        seen.push(...page.models.map(({ info }: { info: { name: string } }) => info.name));
        page_token = page.next_page_token;
      }
      expect(seen).toEqual(['model-5', 'model-4', 'model-3']);
    });

    it('of a run are found by its name for them', async () => {
      const { run } = await client.post('runs/create', { experiment_id: '0', start_time: 1 });
      const runId = run.info.run_id;
      const id = await create('model', { source_run_id: runId });
      await client.patch(`logged-models/${id}`, { status: 'LOGGED_MODEL_READY' });
      const tracked = trackedArtifactsOf(services, silentLogger);
      expect(await tracked.ofRun(runId, 'model')).toBe(`mlflow-artifacts:/0/models/${id}/artifacts`);
      expect(await tracked.ofRun(runId, 'other')).toBe(`mlflow-artifacts:/0/${runId}/artifacts/other`);
    });
  });
};
