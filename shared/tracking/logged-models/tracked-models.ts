import { withTag } from '../../mlflow/tags.ts';
import { changeLoggedModel, findLoggedModel } from './change-logged-model.ts';
import type { LoggedModelDocument } from './logged-model.ts';
import type { LoggedModelServices } from './services.ts';

/** The tag in which MLflow keeps the versions that were registered of a logged model: a JSON list. */
const VERSIONS_TAG = 'mlflow.modelVersions';

export interface RegisteredAs {
  readonly name: string;
  readonly version: number;
}

/**
 * Notes on a logged model that a version was registered of it, once however often it is told. A model that is not
 * known here is left to the tracking store that knows it.
 */
export const noteRegistered = async (
  services: LoggedModelServices,
  modelId: string,
  { name, version }: RegisteredAs,
): Promise<void> => {
  if ((await findLoggedModel(services.loggedModels, modelId)) === undefined) return;
  await changeLoggedModel(services, modelId, (model, at) => {
    const versions = versionsIn(model);
    // MLflow's own client notes it too, and gives the number as text.
    if (versions.some((known) => known.name === name && String(known.version) === String(version))) return undefined;
    const value = JSON.stringify([...versions, { name, version }]);
    return { tags: withTag(model.tags, { key: VERSIONS_TAG, value }), updatedAt: at };
  });
};

const versionsIn = (model: LoggedModelDocument): readonly { readonly name?: unknown; readonly version?: unknown }[] => {
  const text = model.tags.find(({ key }) => key === VERSIONS_TAG)?.value;
  try {
    const parsed: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((entry) => typeof entry === 'object' && entry !== null) : [];
  } catch {
    return [];
  }
};

/** The newest ready model that a run logged under that name, or undefined. */
export const loggedModelOfRun = async (
  { loggedModels }: Pick<LoggedModelServices, 'loggedModels'>,
  runId: string,
  name: string,
): Promise<LoggedModelDocument | undefined> => {
  const found: LoggedModelDocument[] = [];
  const where = [
    { path: 'sourceRunId', op: '=', value: runId },
    { path: 'name', op: '=', value: name },
    { path: 'status', op: '=', value: 'LOGGED_MODEL_READY' },
  ] as const;
  for await (const model of loggedModels.all(where)) found.push(model);
  return found.sort((left, right) => right.createdAt - left.createdAt)[0];
};
