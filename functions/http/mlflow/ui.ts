import * as z from 'zod';
import { sampleHistories } from '../../../shared/tracking/metrics/sample-histories.ts';
import { datasetsOf } from '../../../shared/tracking/runs/datasets-of.ts';
import { integer, optional, texts } from './fields.ts';
import { mlflowCall } from './route.ts';
import { metricView, toMetricView } from './run-views.ts';

/** What only MLflow's browser UI asks. */
export const uiCalls = [
  mlflowCall({
    name: 'sample-metric-histories',
    method: 'GET',
    path: 'metrics/get-history-bulk-interval',
    summary: 'Get a metric of several runs at so many steps as a chart can show',
    fields: z.object({
      run_ids: texts('run_ids'),
      metric_key: optional('metric_key'),
      start_step: integer('start_step'),
      end_step: integer('end_step'),
      max_results: integer('max_results'),
    }),
    output: z.object({ metrics: z.array(metricView.extend({ run_id: z.string() })) }),
    run: async ({ run_ids: runIds, metric_key: key = '', ...asked }, services) => {
      const found = await sampleHistories(services, {
        runIds,
        key,
        ...(asked.start_step === undefined ? {} : { fromStep: asked.start_step }),
        ...(asked.end_step === undefined ? {} : { toStep: asked.end_step }),
        ...(asked.max_results === undefined ? {} : { maxSteps: asked.max_results }),
      });
      return { metrics: found.map((metric) => ({ ...toMetricView(metric), run_id: metric.runId })) };
    },
  }),
  mlflowCall({
    name: 'search-datasets',
    method: 'POST',
    path: 'experiments/search-datasets',
    access: 'reader',
    summary: 'Search the datasets that runs of experiments used',
    fields: z.object({ experiment_ids: texts('experiment_ids') }),
    output: z.object({
      dataset_summaries: z.array(
        z.object({
          experiment_id: z.string(),
          name: z.string(),
          digest: z.string(),
          context: z.string().optional(),
        }),
      ),
    }),
    run: async ({ experiment_ids: experimentIds }, services) => {
      const found = await datasetsOf(services, experimentIds);
      return {
        dataset_summaries: found.map(({ experimentId, ...dataset }) => ({ experiment_id: experimentId, ...dataset })),
      };
    },
  }),
  mlflowCall({
    name: 'gateway-proxy',
    method: 'GET',
    path: 'gateway-proxy',
    summary: 'Say that there are no language models behind this server',
    fields: z.object({}),
    output: z.object({ endpoints: z.array(z.unknown()) }),
    run: async () => ({ endpoints: [] }),
  }),
];
