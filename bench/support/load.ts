import { createHistogram } from 'node:perf_hooks';
import { Pool } from 'undici';

/** One HTTP request of a measured call. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

export interface Measured {
  readonly requests: number;
  /** Answers other than 200. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Load {
  readonly clients: number;
  readonly seconds: number;
}

/**
 * Closed loop: every client sends its next request when it has read the last answer whole.
 *
 * @param next the n-th call, counted over all clients
 * @throws Error with the first answer that was not 200, when none was
 */
export const measure = async (
  url: string,
  next: (n: number) => Call,
  { clients, seconds }: Load,
): Promise<Measured> => {
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  const latencies = createHistogram();
  let sent = 0;
  let failed = 0;
  let firstFailure = '';
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const { method, path, body } = next(sent);
      sent += 1;
      const before = performance.now();
      const answer = await pool.request({
        method,
        path,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await answer.body.text();
      latencies.record(Math.max(1, Math.round((performance.now() - before) * 1000)));
      if (answer.statusCode === 200) continue;
      failed += 1;
      firstFailure ||= `${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const elapsedMs = performance.now() - startedAt;
  await pool.close();
  if (failed === sent) throw new Error(firstFailure);
  return {
    requests: sent,
    failed,
    perSecond: (sent / elapsedMs) * 1000,
    p50Ms: latencies.percentile(50) / 1000,
    p99Ms: latencies.percentile(99) / 1000,
  };
};
