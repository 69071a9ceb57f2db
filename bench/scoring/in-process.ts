import { createHistogram } from 'node:perf_hooks';
import type { Measured } from '../support/load.ts';
import type { Graph } from './graph.ts';
import type { Table } from './models.ts';

const WARM_UP = 200;

/** onnxruntime-node alone, one run after the other in this process. */
export const measureInProcess = async (graph: Graph, { data }: Table, seconds: number): Promise<Measured> => {
  for (let n = 0; n < WARM_UP; n += 1) await graph.predict(data);
  const times = createHistogram();
  const startedAt = performance.now();
  let requests = 0;
  for (; performance.now() < startedAt + seconds * 1000; requests += 1) {
    const before = performance.now();
    await graph.predict(data);
    // Nanoseconds: a run takes microseconds.
    times.record(Math.max(1, Math.round((performance.now() - before) * 1e6)));
  }
  const elapsedMs = performance.now() - startedAt;
  return {
    requests,
    failed: 0,
    perSecond: (requests / elapsedMs) * 1000,
    p50Ms: times.percentile(50) / 1e6,
    p99Ms: times.percentile(99) / 1e6,
  };
};
