import type { Tag } from '../../../shared/mlflow/tags.ts';
import type { Document, Documents, Write } from '../../../shared/platform/documents.ts';
import { type EpochMs, epochMs } from '../../../shared/platform/time.ts';
import {
  MODEL_ID,
  type ModelDocument,
  STAGES,
  type VersionDocument,
  versionId,
} from '../../../shared/registry/model.ts';
import { nameKey } from '../../../shared/registry/name-key.ts';

/** A model to be stored as it would be after a life of its own. */
export interface Made {
  readonly name: string;
  readonly tags?: readonly Tag[];
  readonly updatedAt?: number;
  readonly renamedAt?: number;
  readonly versions: readonly MadeVersion[];
}

export interface MadeVersion {
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt?: number;
  readonly runId?: string;
  readonly source?: string;
  readonly tags?: readonly Tag[];
}

const BATCH = 100;

const at = (ms: number): EpochMs => epochMs(ms);

const versionOf = (modelId: string, made: MadeVersion): VersionDocument => ({
  id: versionId(made.version),
  kind: 'model-version',
  modelId,
  version: made.version,
  createdAt: at(made.createdAt),
  updatedAt: at(made.updatedAt ?? made.createdAt),
  stage: STAGES[0],
  status: 'READY',
  description: '',
  source: made.source ?? `s3://bucket/${made.version}`,
  runId: made.runId ?? '',
  runLink: '',
  tags: made.tags ?? [],
  origin: 'mlflow',
  revision: 1,
});

const modelOf = (modelId: string, made: Made): ModelDocument => {
  const numbers = made.versions.map(({ version }) => version);
  const lastVersion = Math.max(0, ...numbers);
  return {
    id: MODEL_ID,
    kind: 'registered-model',
    modelId,
    name: made.name,
    createdAt: at(0),
    updatedAt: at(made.updatedAt ?? 0),
    ...(made.renamedAt === undefined ? {} : { renamedAt: at(made.renamedAt) }),
    description: '',
    tags: made.tags ?? [],
    aliases: [],
    lastVersion,
    latest: lastVersion === 0 ? {} : { None: lastVersion },
    revision: 1,
  };
};

/** Stores models with their versions in as few commits as there can be, so that there may be very many. */
export const storeModels = async (documents: Documents, models: readonly Made[]): Promise<void> => {
  for (const [index, made] of models.entries()) {
    const modelId = `mo_${index}`;
    const name: Document = { id: nameKey(made.name), kind: 'model-name', ...{ name: made.name, modelId } };
    await documents.commit(nameKey(made.name), [{ op: 'create', value: name }]);
    const values = [modelOf(modelId, made), ...made.versions.map((version) => versionOf(modelId, version))];
    for (let from = 0; from < values.length; from += BATCH) {
      const writes = values.slice(from, from + BATCH).map((value): Write => ({ op: 'create', value }));
      await documents.commit(modelId, writes);
    }
  }
};
