import type { DeploymentMetrics } from '../../rollout/ports.ts';
import type { MetricSeries } from './metric-series.ts';

/**
 * Requests, errors and time-outs per deployment out of counts by status.
 *
 * An error is what the deployment is to blame for: a 5xx, a time-out (408), or a container (424) that answered 5xx or
 * not at all. A container's 4xx, 401, 413 and 429 are the caller's.
 */
export const countRequests = (series: readonly MetricSeries[]): Record<string, DeploymentMetrics> => {
  const counts: Record<string, DeploymentMetrics> = {};
  for (const { dimensions, value } of series) {
    const deployment = dimensions['deployment'];
    // Requests that reached no deployment.
    if (!deployment) continue;
    const status = Number(dimensions['statuscode']);
    const before = counts[deployment] ?? { requests: 0, errors: 0, timeouts: 0 };
    counts[deployment] = {
      requests: before.requests + value,
      errors: before.errors + (isError(status, Number(dimensions['modelstatuscode'] || Number.NaN)) ? value : 0),
      timeouts: before.timeouts + (status === 408 ? value : 0),
    };
  }
  return counts;
};

const isError = (status: number, modelStatus: number): boolean =>
  status >= 500 || status === 408 || (status === 424 && !(modelStatus < 500));
