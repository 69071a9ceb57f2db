import * as z from 'zod';
import { invalid } from '../../../shared/mlflow/invalid.ts';
import { VIEW_TYPES, type ViewType } from '../../../shared/tracking/experiments/search-experiments.ts';
import type { StoredNumber } from '../../../shared/tracking/logged-models/logged-model.ts';
import type { NewMetric } from '../../../shared/tracking/runs/log-batch.ts';
import type { DatasetInput, ModelOutput } from '../../../shared/tracking/runs/run.ts';
import { optional, refuse, refuseType, SEE_DOCS } from './fields.ts';

/** Fields of MLflow's requests about experiments and runs. */

/** A run by its id, or by what clients called it before. */
export const runFields = { run_id: optional('run_id'), run_uuid: optional('run_uuid') };

/** @throws SlipwayError INVALID_PARAMETER_VALUE when there is neither */
export const runIdOf = (asked: {
  readonly run_id?: string | undefined;
  readonly run_uuid?: string | undefined;
}): string => {
  const runId = asked.run_id || asked.run_uuid;
  if (runId) return runId;
  throw invalid(`Missing value for required parameter 'run_id'. ${SEE_DOCS}`);
};

/** By its name, or by its number from 1. Missing: what is not deleted. */
export const viewType = (parameter: string) =>
  z
    .unknown()
    .transform((value, context): ViewType => {
      const known = VIEW_TYPES.find((name, at) => name === value || String(at + 1) === String(value));
      return known ?? refuseType(context, { parameter, value, wanted: `one of ${VIEW_TYPES.join(', ')}` });
    })
    .default('ACTIVE_ONLY');

const NOT_FINITE: ReadonlyMap<string, StoredNumber> = new Map([
  ['nan', 'NaN'],
  ['inf', 'Infinity'],
  ['infinity', 'Infinity'],
  ['-inf', '-Infinity'],
  ['-infinity', '-Infinity'],
]);

const numberIn = (value: unknown): StoredNumber | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : value > 0 ? 'Infinity' : '-Infinity';
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const special = NOT_FINITE.get(value.trim().toLowerCase());
  if (special !== undefined) return special;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
};

const integerIn = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
};

type Context = z.core.$RefinementCtx;

/** What a field of an object in a list must be; names it as in `metrics[3].value`. */
const pick = <T>(
  context: Context,
  {
    value,
    path,
    wanted,
    read,
  }: { value: unknown; path: string; wanted: string; read: (value: unknown) => T | undefined },
): T => {
  if (value === undefined || value === null) {
    return refuse(context, `Missing value for required parameter '${path}'. ${SEE_DOCS}`);
  }
  const found = read(value);
  return found === undefined ? refuseType(context, { parameter: path, value, wanted }) : found;
};

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const optionalText = (value: unknown): string | undefined => textIn(value) || undefined;

type Raw = Readonly<Record<string, unknown>>;

/** A list of objects, each read by itself. Missing is none. */
const objects = <T>(parameter: string, read: (raw: Raw, context: Context, path: string) => T) =>
  z
    .unknown()
    .transform((value, context): readonly T[] => {
      const isList = Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
      if (!isList) return refuseType(context, { parameter, value, wanted: 'a list of objects' });
      return value.map((item, at) => read(item as Raw, context, `${parameter}[${at}].`));
    })
    .default([]);

const metricIn = (raw: Raw, context: Context, path: string): NewMetric => {
  const { model_id, dataset_name, dataset_digest } = raw;
  const [modelId, datasetName, datasetDigest] = [model_id, dataset_name, dataset_digest].map(optionalText);
  return {
    key: pick(context, { value: raw['key'], path: `${path}key`, wanted: 'a string', read: textIn }),
    value: pick(context, { value: raw['value'], path: `${path}value`, wanted: 'a number', read: numberIn }),
    timestamp: pick(context, {
      value: raw['timestamp'],
      path: `${path}timestamp`,
      wanted: 'an integer',
      read: integerIn,
    }),
    step: pick(context, { value: raw['step'] ?? 0, path: `${path}step`, wanted: 'an integer', read: integerIn }),
    ...(modelId === undefined ? {} : { modelId }),
    ...(datasetName === undefined ? {} : { datasetName }),
    ...(datasetDigest === undefined ? {} : { datasetDigest }),
  };
};

/** Measured values. */
export const metrics = (parameter: string) => objects(parameter, metricIn);

/** A number that must be there; `NaN` and the infinities come as text. */
export const number = (parameter: string) =>
  z
    .unknown()
    .transform((value, context) => pick(context, { value, path: parameter, wanted: 'a number', read: numberIn }));

/** An integer that must be there. */
export const requiredInteger = (parameter: string) =>
  z
    .unknown()
    .transform((value, context) => pick(context, { value, path: parameter, wanted: 'an integer', read: integerIn }));

/** Parameters or tags: a missing value is an empty text. */
export const pairs = (parameter: string) =>
  objects(parameter, (raw, context, path) => ({
    key: pick(context, { value: raw['key'], path: `${path}key`, wanted: 'a string', read: textIn }),
    value: pick(context, { value: raw['value'] ?? '', path: `${path}value`, wanted: 'a string', read: textIn }),
  }));

const tagsOf = (value: unknown): DatasetInput['tags'] =>
  z
    .array(z.object({ key: z.string(), value: z.string().nullish() }))
    .safeParse(value)
    .data?.map((tag) => ({
      key: tag.key,
      value: tag.value ?? '',
    })) ?? [];

/** Datasets that a run read. */
export const datasets = (parameter: string) =>
  objects(parameter, ({ dataset, tags }, context, path): DatasetInput => {
    const raw = (typeof dataset === 'object' && dataset !== null ? dataset : {}) as Raw;
    const text = (field: string) =>
      pick(context, { value: raw[field], path: `${path}dataset.${field}`, wanted: 'a string', read: textIn });
    const [schema, profile] = [raw['schema'], raw['profile']].map(optionalText);
    return {
      name: text('name'),
      digest: text('digest'),
      sourceType: text('source_type'),
      source: text('source'),
      ...(schema === undefined ? {} : { schema }),
      ...(profile === undefined ? {} : { profile }),
      tags: tagsOf(tags),
    };
  });

const modelIdIn = (raw: Raw, context: Context, path: string): string =>
  pick(context, { value: raw['model_id'], path: `${path}model_id`, wanted: 'a string', read: textIn });

/** Models that a run read, by their ids. */
export const modelInputs = (parameter: string) => objects(parameter, modelIdIn);

/** Models that a run made. */
export const modelOutputs = (parameter: string) =>
  objects(
    parameter,
    (raw, context, path): ModelOutput => ({
      modelId: modelIdIn(raw, context, path),
      step: pick(context, { value: raw['step'] ?? 0, path: `${path}step`, wanted: 'an integer', read: integerIn }),
    }),
  );
