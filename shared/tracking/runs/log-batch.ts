import { invalid } from '../../mlflow/invalid.ts';
import { checkTagKey, type Tag, withoutTag, withTag } from '../../mlflow/tags.ts';
import type { Write } from '../../platform/documents.ts';
import { epochMs } from '../../platform/time.ts';
import type { Param } from '../logged-models/logged-model.ts';
import { recordModelMetrics } from '../logged-models/record-metrics.ts';
import { isSameMetric, latestAfter, type Metric, numberOf } from '../metrics/metric.ts';
import { pointsDocuments } from '../metrics/points.ts';
import { tagNotFound } from '../refusals.ts';
import type { TrackingServices } from '../services.ts';
import { checkMetric, checkParam, checkRunTag } from '../validate.ts';
import { changeRun } from './change-run.ts';
import { RUN_NAME_TAG, type RunDocument } from './run.ts';

/** A metric that may be of a model, and on a dataset. */
export interface NewMetric extends Metric {
  readonly modelId?: string;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

export interface Batch {
  readonly metrics?: readonly NewMetric[];
  readonly params?: readonly Param[];
  readonly tags?: readonly Tag[];
}

const MAX_METRICS = 1_000;
const MAX_PARAMS_OR_TAGS = 100;
const MAX_TOGETHER = 1_000;

/**
 * Logs to a run, all of it or nothing. The same again changes nothing; several callers at once lose nothing.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE above the limits of a batch, for a parameter that
 * has another value already, and for a deleted run
 */
export const logBatch = async (services: TrackingServices, runId: string, batch: Batch): Promise<void> => {
  const { metrics = [], params = [], tags = [] } = batch;
  checkLimits({ metrics: metrics.length, params: params.length, tags: tags.length });
  const checked = {
    metrics: metrics.map((metric, at) => ({ ...metric, ...checkMetric(plain(metric), `metrics[${at}].`) })),
    params: params.map((param, at) => checkParam(param, `params[${at}].`)),
    tags: tags.map((tag, at) => checkRunTag(tag, `tags[${at}].`)),
  };
  checkUnique(checked.params);
  await log(services, runId, checked, changedParams);
};

/** Logs one metric. @throws as `logBatch` */
export const logMetric = (services: TrackingServices, runId: string, metric: NewMetric): Promise<void> => {
  checkMetric(metric);
  return log(services, runId, { metrics: [metric], params: [], tags: [] }, changedParams);
};

/** Logs one parameter. @throws as `logBatch` */
export const logParam = (services: TrackingServices, runId: string, param: Param): Promise<void> =>
  log(services, runId, { metrics: [], params: [checkParam(param)], tags: [] }, changedParam);

/** Sets a tag of a run. @throws as `logBatch` */
export const setRunTag = (services: TrackingServices, runId: string, tag: Tag): Promise<void> =>
  log(services, runId, { metrics: [], params: [], tags: [checkRunTag(tag)] }, changedParams);

/** @throws SlipwayError RESOURCE_DOES_NOT_EXIST also when the run has no such tag */
export const deleteRunTag = async (services: TrackingServices, runId: string, key: string): Promise<void> => {
  checkTagKey(key);
  await changeRun(services, runId, (run) => {
    const tags = withoutTag(run.tags, key);
    if (tags === run.tags) throw tagNotFound(key, 'run', runId);
    return { patch: { tags } };
  });
};

type Conflict = { readonly key: string; readonly before: string; readonly value: string };
type Refuse = (conflicts: readonly [Conflict, ...Conflict[]], runId: string) => Error;

const log = async (
  services: TrackingServices,
  runId: string,
  batch: Required<Batch>,
  refuse: Refuse,
): Promise<void> => {
  const logged = batch.metrics.map(plain);
  await changeRun(services, runId, (run) => {
    const metrics = latestAfter(run.metrics, logged);
    const params = withParams(run, batch.params, refuse);
    const tags = batch.tags.reduce(withTag, run.tags);
    const name = batch.tags.findLast(({ key, value }) => key === RUN_NAME_TAG && value !== '')?.value ?? run.name;
    const data = newPoints(run, logged);
    const isChanged = metrics !== run.metrics || params !== run.params || tags !== run.tags || name !== run.name;
    return { data, ...(isChanged ? { patch: { metrics, params, tags, name } } : {}) };
  });
  await logToModels(services, runId, batch.metrics);
};

/** What only adds up to what is the newest already needs no document: clients repeat metrics to say of which model they are. */
const newPoints = (run: RunDocument, logged: readonly Metric[]): readonly Write[] =>
  pointsDocuments(logged)
    .filter(({ points }) => !points.every((point) => run.metrics.some((known) => isSameMetric(known, point))))
    .map((value) => ({ op: 'upsert', value }));

/** The run has them already: what fails here is done when the call is made again. */
const logToModels = async (services: TrackingServices, runId: string, metrics: readonly NewMetric[]): Promise<void> => {
  for (const [modelId, ofModel] of Map.groupBy(metrics, (metric) => metric.modelId)) {
    if (modelId === undefined) continue;
    await recordModelMetrics(
      services,
      modelId,
      ofModel.map(({ modelId: _, timestamp, value, ...metric }) => ({
        ...metric,
        value: numberOf(value),
        timestamp: epochMs(timestamp),
        runId,
      })),
    );
  }
};

const plain = ({ key, value, timestamp, step }: NewMetric): Metric => ({ key, value, timestamp, step });

const checkLimits = (counts: Readonly<Record<'metrics' | 'params' | 'tags', number>>): void => {
  const check = (what: string, count: number, max: number): void => {
    if (count <= max) return;
    throw invalid(
      `A batch logging request can contain at most ${max} ${what}. Got ${count} ${what}. Please split up ${what} ` +
        'across multiple requests and try again.',
    );
  };
  check('metrics', counts.metrics, MAX_METRICS);
  check('params', counts.params, MAX_PARAMS_OR_TAGS);
  check('tags', counts.tags, MAX_PARAMS_OR_TAGS);
  check('metrics, params, and tags', counts.metrics + counts.params + counts.tags, MAX_TOGETHER);
};

const checkUnique = (params: readonly Param[]): void => {
  const keys = params.map(({ key }) => key);
  const twice = keys.filter((key, at) => keys.indexOf(key) !== at);
  if (twice.length === 0) return;
  throw invalid(
    `Duplicate parameter keys have been submitted: [${twice.map((key) => `'${key}'`).join(', ')}]. Please ensure the ` +
      'request contains only one param value per param key.',
  );
};

/** The parameters of the run and the new ones behind them; the same array when there are none. */
const withParams = (run: RunDocument, params: readonly Param[], refuse: Refuse): readonly Param[] => {
  const known = new Map(run.params.map(({ key, value }) => [key, value]));
  const conflicts = params.flatMap(({ key, value }) => {
    const before = known.get(key);
    return before === undefined || before === value ? [] : [{ key, before, value }];
  });
  const [first, ...rest] = conflicts;
  if (first !== undefined) throw refuse([first, ...rest], run.runId);
  const added = params.filter(({ key }) => !known.has(key));
  return added.length === 0 ? run.params : [...run.params, ...added];
};

const changedParam: Refuse = ([{ key, before, value }], runId) =>
  invalid(
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${before}' for run ` +
      `ID='${runId}'. Attempted logging new value '${value}'.`,
  );

const changedParams: Refuse = (conflicts, runId) => {
  const logged = conflicts
    .map(({ key, before, value }) => `{'key': '${key}', 'old_value': '${before}', 'new_value': '${value}'}`)
    .join(', ');
  return invalid(
    `Changing param values is not allowed. Params were already logged='[${logged}]' for run ID='${runId}'.`,
  );
};
