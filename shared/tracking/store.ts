import { createHash } from 'node:crypto';
import type { CommitOutcome, Document, Documents, Query, Stored, Where, Write } from '../platform/documents.ts';
import { encodeId } from '../platform/ids.ts';
import {
  type AbandonedExperimentDocument,
  EXPERIMENT,
  type ExperimentDocument,
  type ExperimentNameDocument,
} from './experiments/experiment.ts';
import type { MetricPointsDocument } from './metrics/points.ts';
import { RUN, type RunDocument } from './runs/run.ts';

/** The experiments and runs of the container `tracking`. */
export interface TrackingStore {
  readName(name: string): Promise<Stored<ExperimentNameDocument> | undefined>;
  /** Reserves a name: one that is not reserved, or whose reservation is still the one with that ETag. */
  reserveName(name: string, experimentId: string, etag?: string): Promise<CommitOutcome>;
  readExperiment(experimentId: string): Promise<Stored<ExperimentDocument | AbandonedExperimentDocument> | undefined>;
  commitExperiment(experimentId: string, writes: readonly Write[]): Promise<CommitOutcome>;
  /** All experiments, deleted ones included, in no order. */
  experiments(): AsyncIterable<ExperimentDocument>;
  readRun(runId: string): Promise<Stored<RunDocument> | undefined>;
  commitRun(runId: string, writes: readonly Write[]): Promise<CommitOutcome>;
  /** Runs, deleted ones included. */
  runs(listing: Pick<Query, 'where' | 'orderBy'>): AsyncIterable<RunDocument>;
  /** What was logged for the keys of a bucket, in no order. */
  points(runId: string, bucket: number): AsyncIterable<MetricPointsDocument>;
}

/** What this server gives out as ids; anything else is none of its experiments or runs. */
const EXPERIMENT_ID = /^\d{1,19}$/;
const RUN_ID = /^[0-9a-f]{32}$/;

/** Documents read at a time. Runs may be large. */
const SMALL = 500;
const LARGE = 100;

export const createTrackingStore = (documents: Documents): TrackingStore => ({
  readName: (name) => documents.read(nameKey(name), nameKey(name)),
  reserveName: (name, experimentId, etag) => {
    const value: ExperimentNameDocument = { id: nameKey(name), kind: 'experiment-name', name, experimentId };
    const write: Write = etag === undefined ? { op: 'create', value } : { op: 'replace', value, etag };
    return documents.commit(value.id, [write]);
  },
  readExperiment: async (experimentId) =>
    EXPERIMENT_ID.test(experimentId) ? documents.read(experimentId, EXPERIMENT) : undefined,
  commitExperiment: (experimentId, writes) => documents.commit(experimentId, writes),
  experiments: () => all(documents, undefined, { kind: 'experiment', limit: SMALL }),
  readRun: async (runId) => (RUN_ID.test(runId) ? documents.read<RunDocument>(runId, RUN) : undefined),
  commitRun: (runId, writes) => documents.commit(runId, writes),
  runs: (listing) => all(documents, undefined, { kind: 'run', limit: LARGE, ...listing }),
  points: (runId, bucket) => {
    const where: readonly Where[] = [{ path: 'bucket', op: '=', value: bucket }];
    return all(documents, runId, { kind: 'metric-points', where, limit: SMALL });
  },
});

/** Cosmos DB's limit for an id is 1,023 bytes; names of other scripts grow ninefold when they are encoded. */
const MAX_KEY = 1_000;

/** Partition and id of the reservation of a name. */
const nameKey = (name: string): string => {
  const key = `name:${encodeId(name.toWellFormed())}`;
  return key.length <= MAX_KEY ? key : `name:sha256:${createHash('sha256').update(name).digest('hex')}`;
};

async function* all<T extends Document>(
  documents: Documents,
  partition: string | undefined,
  query: Query,
): AsyncGenerator<T> {
  let continuation: string | undefined;
  do {
    const asked = continuation === undefined ? query : { ...query, continuation };
    const page = await documents.query<T>(partition, asked);
    for (const { value } of page.items) yield value;
    continuation = page.next;
  } while (continuation !== undefined);
}
