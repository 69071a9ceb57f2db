import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { durationMs, epochMs } from '../../shared/platform/time.ts';
import { ArmError } from './arm-error.ts';
import { WORKSPACE_PATH } from './arm-routes.ts';
import type { EndpointService } from './endpoint-service.ts';
import { queryMetrics } from './metrics-query.ts';
import type { MetricsStore } from './metrics-store.ts';
import type { Workspace } from './workspace.ts';

const PATH = `${WORKSPACE_PATH}/onlineEndpoints/:endpoint/providers/microsoft.insights/metrics`;
const MIN_INTERVAL_MS = 1_000;

const instant = z.string().transform((text) => epochMs(Date.parse(text)));
const query = z.object({
  metricnames: z.string().transform((names) => names.split(',')),
  timespan: z
    .string()
    .transform((text) => text.split('/'))
    .pipe(z.tuple([instant, instant])),
  interval: z.string().default('PT1M'),
  aggregation: z
    .string()
    .default('Average')
    .transform((names) => names.split(',')),
  $filter: z.string().optional(),
  top: z.coerce.number().int().min(1).default(10),
});

/** Azure Monitor's metrics route of an endpoint. */
export const registerMetricsRoutes = (
  app: FastifyInstance,
  workspace: Workspace,
  { service, metrics }: { readonly service: EndpointService; readonly metrics: MetricsStore },
): void => {
  app.get<{ Params: { endpoint: string } }>(PATH, (request) => {
    const { metricsError, dropMetrics } = workspace.faults.settings;
    if (metricsError) throw new ArmError(metricsError, 'ServiceUnavailable', 'Metrics are not available.');
    const { name } = service.get(request.params.endpoint);
    const parsed = query.safeParse(request.query);
    if (!parsed.success) throw new ArmError(400, 'BadRequest', z.prettifyError(parsed.error));
    const { metricnames, timespan, interval, aggregation, $filter, top } = parsed.data;
    const [from, to] = timespan;
    if (!(from < to)) throw new ArmError(400, 'BadRequest', 'The start of timespan must be before its end.');
    const intervalMs = intervalOf(interval, to - from);
    const resourceId = `${workspace.options.workspaceId}/onlineEndpoints/${name}`;
    const cells = dropMetrics ? [] : metrics.cells(name, from, to);
    const asked = { names: metricnames, from, to, intervalMs, aggregations: aggregation, filter: $filter, top };
    return {
      cost: 0,
      timespan: `${new Date(from).toISOString()}/${new Date(to).toISOString()}`,
      interval,
      value: queryMetrics(resourceId, cells, asked),
      namespace: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
      resourceregion: workspace.location,
    };
  });
};

const intervalOf = (interval: string, spanMs: number): number => {
  if (interval.toUpperCase() === 'FULL') return spanMs;
  const intervalMs = durationMs(interval);
  if (intervalMs >= MIN_INTERVAL_MS) return intervalMs;
  throw new ArmError(400, 'BadRequest', `The interval ${interval} is not supported; PT1S is the finest.`);
};
