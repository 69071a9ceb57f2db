import { createHash } from 'node:crypto';
import type { Document } from '../../platform/documents.ts';
import { derivedId } from '../../platform/ids.ts';
import type { Metric } from './metric.ts';

/**
 * Some measurements that were logged together, in the partition of their run. What is logged with one call may have a
 * thousand keys and a batch takes a hundred writes: so keys share buckets, and who wants one key reads its bucket.
 */
export interface MetricPointsDocument extends Document {
  readonly kind: 'metric-points';
  readonly bucket: number;
  readonly points: readonly Metric[];
}

/** A batch holds the run, its journal entry, and one document per bucket. */
const BUCKETS = 64;

/** The bucket of a key, the same for ever. */
export const bucketOf = (key: string): number => (createHash('sha256').update(key).digest()[0] ?? 0) % BUCKETS;

/** The documents of what is logged with one call. Their ids are of their content: the same again is the same document. */
export const pointsDocuments = (metrics: readonly Metric[]): readonly MetricPointsDocument[] =>
  [...Map.groupBy(metrics, ({ key }) => bucketOf(key))].map(([bucket, points]) => ({
    id: derivedId('mp', ...points.flatMap(({ key, value, timestamp, step }) => [key, value, timestamp, step])),
    kind: 'metric-points',
    bucket,
    points,
  }));
