import { checkLength } from '../../mlflow/check-length.ts';
import { invalid } from '../../mlflow/invalid.ts';
import { withTag } from '../../mlflow/tags.ts';
import type { TrackingServices } from '../services.ts';
import { changeRun } from './change-run.ts';
import type { DatasetInput, ModelOutput } from './run.ts';

type Services = Pick<TrackingServices, 'trackingStore' | 'clock'>;

const MAX_DATASET_NAME = 500;
const MAX_DATASET_DIGEST = 36;
const MAX_DATASET_SOURCE = 65_535;
const MAX_INPUT_TAG_KEY = 255;
const MAX_INPUT_TAG_VALUE = 500;

/**
 * Notes what a run read. A dataset is known by name and digest: of equal ones the first stays.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE
 */
export const logInputs = async (
  services: Services,
  runId: string,
  inputs: { readonly datasets: readonly DatasetInput[]; readonly models: readonly string[] },
): Promise<void> => {
  const checked = inputs.datasets.map(checkDataset);
  await changeRun(services, runId, (run) => {
    const datasets = unionBy([...run.datasets, ...checked], ({ name, digest }) => JSON.stringify([name, digest]));
    const modelInputs = unionBy([...run.modelInputs, ...inputs.models], (modelId) => modelId);
    const isSame = datasets.length === run.datasets.length && modelInputs.length === run.modelInputs.length;
    return isSame ? {} : { patch: { datasets, modelInputs } };
  });
};

/**
 * Notes which models a run made.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE
 */
export const logOutputs = async (services: Services, runId: string, models: readonly ModelOutput[]): Promise<void> => {
  await changeRun(services, runId, (run) => {
    const all = [...run.modelOutputs, ...models];
    const modelOutputs = unionBy(all, ({ modelId, step }) => JSON.stringify([modelId, step]));
    return modelOutputs.length === run.modelOutputs.length ? {} : { patch: { modelOutputs } };
  });
};

const HISTORY_TAG = 'mlflow.log-model.history';
const MANDATORY = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'];

/**
 * Notes a model as clients before MLflow 3 do: in a tag that is a JSON list of what they say of it.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE
 */
export const logLegacyModel = async (services: Services, runId: string, modelJson: string): Promise<void> => {
  const model = jsonObject(modelJson);
  const missing = MANDATORY.filter((field) => model?.[field] === undefined);
  if (model === undefined) throw invalid(`Malformed model info. \n ${modelJson} \n is not a valid JSON.`);
  if (missing.length > 0) {
    throw invalid(`Model json is missing mandatory fields: {${missing.map((field) => `'${field}'`).join(', ')}}`);
  }
  await changeRun(services, runId, (run) => {
    const history = historyIn(run.tags.find(({ key }) => key === HISTORY_TAG)?.value);
    const known = history.some((entry) => JSON.stringify(entry) === JSON.stringify(model));
    if (known) return {};
    return { patch: { tags: withTag(run.tags, { key: HISTORY_TAG, value: JSON.stringify([...history, model]) }) } };
  });
};

const jsonObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  const parsed = jsonOf(text);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : undefined;
};

const historyIn = (text = '[]'): readonly unknown[] => {
  const parsed = jsonOf(text);
  return Array.isArray(parsed) ? parsed : [];
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const checkDataset = (dataset: DatasetInput): DatasetInput => {
  checkLength('name', dataset.name, MAX_DATASET_NAME);
  checkLength('digest', dataset.digest, MAX_DATASET_DIGEST);
  checkLength('source', dataset.source, MAX_DATASET_SOURCE);
  for (const { key, value } of dataset.tags) {
    checkLength('key', key, MAX_INPUT_TAG_KEY);
    checkLength('value', value, MAX_INPUT_TAG_VALUE);
  }
  return dataset;
};

/** Each once by its key, the first of equal ones. */
const unionBy = <T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] => {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
};
