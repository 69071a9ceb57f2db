import * as z from 'zod';
import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { type EpochMs, epochMs, toIso } from '../../platform/time.ts';
import type { DeploymentMetrics, EndpointMetrics } from '../../rollout/ports.ts';
import { type ArmClient, type ArmClientOptions, createArmClient } from '../arm-client.ts';
import { countRequests } from './count-requests.ts';
import type { MetricSeries } from './metric-series.ts';

const METRICS_API_VERSION = '2023-10-01';
const COUNT_DIMENSIONS = ['deployment', 'statusCode', 'modelStatusCode'];
const PERCENTILES = { RequestLatency_P50: 'p50Ms', RequestLatency_P95: 'p95Ms', RequestLatency_P99: 'p99Ms' } as const;

export interface EndpointMetricsOptions extends Omit<ArmClientOptions, 'apiVersion'> {
  /** Finest window that the provider answers: a minute on Azure, a second on the emulator. */
  readonly granularityMs: number;
}

const named = z.object({ value: z.string() });
const metrics = z.object({
  value: z.array(
    z.object({
      name: named,
      timeseries: z.array(
        z.object({
          metadatavalues: z.array(z.object({ name: named, value: z.string() })),
          data: z.array(z.object({ total: z.number().nullish(), average: z.number().nullish() })),
        }),
      ),
    }),
  ),
});

/**
 * Request counts and latencies out of Azure Monitor.
 *
 * Both ends of a window are rounded down to the granularity, so that windows that meet share no request and lose none.
 */
export const createEndpointMetrics = (options: EndpointMetricsOptions): EndpointMetrics => {
  const client = createArmClient({ ...options, apiVersion: METRICS_API_VERSION });
  const { granularityMs } = options;
  const align = (at: EpochMs): EpochMs => epochMs(Math.floor(at / granularityMs) * granularityMs);
  return {
    granularityMs,
    async read(endpoint, from, to) {
      const window = { from: align(from), to: align(to) };
      if (window.from >= window.to) return {};
      const [counts, latencies] = await Promise.all([
        query(client, endpoint, {
          ...window,
          names: ['RequestsPerMinute'],
          aggregation: 'Total',
          by: COUNT_DIMENSIONS,
        }),
        query(client, endpoint, {
          ...window,
          names: Object.keys(PERCENTILES),
          aggregation: 'Average',
          by: ['deployment'],
        }),
      ]);
      return withLatencies(countRequests(counts), latencies);
    },
  };
};

interface Query {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly names: readonly string[];
  readonly aggregation: 'Total' | 'Average';
  readonly by: readonly string[];
}

const query = async (client: ArmClient, endpoint: string, asked: Query): Promise<MetricSeries[]> => {
  const path = `/onlineEndpoints/${encodeURIComponent(endpoint)}/providers/microsoft.insights/metrics`;
  const answer = await client
    .send({
      ...{ method: 'GET' as const, path },
      query: {
        metricnames: asked.names.join(','),
        timespan: `${toIso(asked.from)}/${toIso(asked.to)}`,
        // One number for the whole window.
        interval: 'FULL',
        aggregation: asked.aggregation,
        $filter: asked.by.map((dimension) => `${dimension} eq '*'`).join(' and '),
        // The default is 10 time series, and one deployment alone can have more.
        top: '1000',
      },
    })
    .catch((error: unknown) => {
      throw unavailable(error);
    });
  return metrics.parse(answer).value.flatMap(({ name, timeseries }) =>
    timeseries.flatMap(({ metadatavalues, data }) => {
      const dimensions = Object.fromEntries(metadatavalues.map((each) => [each.name.value.toLowerCase(), each.value]));
      return data.flatMap((point) => {
        const value = point.total ?? point.average;
        return value == null ? [] : [{ metric: name.value, dimensions, value }];
      });
    }),
  );
};

/** Throttling of the provider says nothing about the rollout's own calls. */
const unavailable = (error: unknown): unknown =>
  isSlipwayError(error) && error.code === 'REQUEST_LIMIT_EXCEEDED'
    ? new SlipwayError('TEMPORARILY_UNAVAILABLE', error.message, { cause: error })
    : error;

const withLatencies = (
  counts: Readonly<Record<string, DeploymentMetrics>>,
  latencies: readonly MetricSeries[],
): Record<string, DeploymentMetrics> => {
  const merged: Record<string, DeploymentMetrics> = { ...counts };
  for (const { metric, dimensions, value } of latencies) {
    const name = dimensions['deployment'] ?? '';
    const field = PERCENTILES[metric as keyof typeof PERCENTILES];
    const known = merged[name];
    if (known && field) merged[name] = { ...known, [field]: value };
  }
  return merged;
};
