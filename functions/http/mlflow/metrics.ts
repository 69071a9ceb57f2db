import * as z from 'zod';
import { getMetricHistories, getMetricHistory, type MetricOfRun } from '../../../shared/tracking/metrics/history.ts';
import { deleteRunTag, logBatch, logMetric, logParam, setRunTag } from '../../../shared/tracking/runs/log-batch.ts';
import { logInputs, logLegacyModel, logOutputs } from '../../../shared/tracking/runs/log-inputs.ts';
import { integer, optional, required, texts } from './fields.ts';
import { mlflowCall } from './route.ts';
import { listed, metricView, toMetricView } from './run-views.ts';
import {
  datasets,
  metrics,
  modelInputs,
  modelOutputs,
  number,
  pairs,
  requiredInteger,
  runFields,
  runIdOf,
} from './tracking-fields.ts';

const logging = [
  mlflowCall({
    name: 'log-metric',
    method: 'POST',
    path: 'runs/log-metric',
    summary: 'Log a metric of a run',
    fields: z.object({
      ...runFields,
      key: required('key'),
      value: number('value'),
      timestamp: requiredInteger('timestamp'),
      step: integer('step'),
      model_id: optional('model_id'),
      dataset_name: optional('dataset_name'),
      dataset_digest: optional('dataset_digest'),
    }),
    run: ({ key, value, timestamp, step = 0, model_id, dataset_name, dataset_digest, ...asked }, services) =>
      logMetric(services, runIdOf(asked), {
        key,
        value,
        timestamp,
        step,
        ...(model_id ? { modelId: model_id } : {}),
        ...(dataset_name ? { datasetName: dataset_name } : {}),
        ...(dataset_digest ? { datasetDigest: dataset_digest } : {}),
      }),
  }),
  mlflowCall({
    name: 'log-parameter',
    method: 'POST',
    path: 'runs/log-parameter',
    summary: 'Log a parameter of a run',
    fields: z.object({ ...runFields, key: required('key'), value: optional('value') }),
    run: ({ key, value = '', ...asked }, services) => logParam(services, runIdOf(asked), { key, value }),
  }),
  mlflowCall({
    name: 'log-batch',
    method: 'POST',
    path: 'runs/log-batch',
    summary: 'Log metrics, parameters and tags of a run',
    fields: z.object({
      run_id: required('run_id'),
      metrics: metrics('metrics'),
      params: pairs('params'),
      tags: pairs('tags'),
    }),
    run: ({ run_id, ...batch }, services) => logBatch(services, run_id, batch),
  }),
  mlflowCall({
    name: 'log-model',
    method: 'POST',
    path: 'runs/log-model',
    summary: 'Note a model of a run, as clients before MLflow 3 do',
    fields: z.object({ run_id: required('run_id'), model_json: required('model_json') }),
    run: ({ run_id, model_json }, services) => logLegacyModel(services, run_id, model_json),
  }),
  mlflowCall({
    name: 'log-inputs',
    method: 'POST',
    path: 'runs/log-inputs',
    summary: 'Note the datasets and models that a run read',
    fields: z.object({ run_id: required('run_id'), datasets: datasets('datasets'), models: modelInputs('models') }),
    run: ({ run_id, ...inputs }, services) => logInputs(services, run_id, inputs),
  }),
  mlflowCall({
    name: 'log-outputs',
    method: 'POST',
    path: 'runs/outputs',
    summary: 'Note the models that a run made',
    fields: z.object({ run_id: required('run_id'), models: modelOutputs('models') }),
    run: ({ run_id, models }, services) => logOutputs(services, run_id, models),
  }),
  mlflowCall({
    name: 'set-run-tag',
    method: 'POST',
    path: 'runs/set-tag',
    summary: 'Set a tag of a run',
    fields: z.object({ ...runFields, key: required('key'), value: optional('value') }),
    run: ({ key, value = '', ...asked }, services) => setRunTag(services, runIdOf(asked), { key, value }),
  }),
  mlflowCall({
    name: 'delete-run-tag',
    method: 'POST',
    path: 'runs/delete-tag',
    summary: 'Delete a tag of a run',
    fields: z.object({ ...runFields, key: required('key') }),
    run: ({ key, ...asked }, services) => deleteRunTag(services, runIdOf(asked), key),
  }),
];

const metricOfRun = metricView.extend({ run_id: z.string() });
const toMetricOfRun = ({ runId, ...metric }: MetricOfRun) => ({ ...toMetricView(metric), run_id: runId });

const reading = [
  mlflowCall({
    name: 'get-metric-history',
    method: 'GET',
    path: 'metrics/get-history',
    summary: 'Get everything that was logged of a metric',
    fields: z.object({
      ...runFields,
      metric_key: required('metric_key'),
      max_results: integer('max_results'),
      page_token: optional('page_token'),
    }),
    output: z.object({ metrics: z.array(metricView).optional(), next_page_token: z.string().optional() }),
    run: async ({ metric_key: key, max_results, page_token, ...asked }, services) => {
      const found = await getMetricHistory(services, {
        runId: runIdOf(asked),
        key,
        ...(max_results === undefined ? {} : { maxResults: max_results }),
        ...(page_token ? { pageToken: page_token } : {}),
      });
      return {
        ...listed('metrics', found.items.map(toMetricView)),
        ...(found.nextPageToken === undefined ? {} : { next_page_token: found.nextPageToken }),
      };
    },
  }),
  mlflowCall({
    name: 'get-metric-histories',
    method: 'GET',
    path: 'metrics/get-history-bulk',
    summary: 'Get what was logged of a metric in several runs',
    fields: z.object({
      run_id: texts('run_id'),
      metric_key: optional('metric_key'),
      max_results: integer('max_results'),
    }),
    output: z.object({ metrics: z.array(metricOfRun) }),
    run: async ({ run_id: runIds, metric_key: key = '', max_results: maxResults }, services) => {
      const asked = { runIds, key, ...(maxResults === undefined ? {} : { maxResults }) };
      return { metrics: (await getMetricHistories(services, asked)).map(toMetricOfRun) };
    },
  }),
];

/** Calls about what is logged to runs. */
export const metricCalls = [...logging, ...reading];
