import type { Document, Documents, Write } from '../../shared/platform/documents.ts';
import { addMs, epochMs } from '../../shared/platform/time.ts';
import { newVersion } from '../../shared/registry/create-version.ts';
import { MODEL_ID, type ModelDocument, type NameDocument } from '../../shared/registry/model.ts';
import { nameKey } from '../../shared/registry/name-key.ts';
import { modelName, type Size, teamOf, VERSIONS_PER_MODEL } from './catalogue.ts';

/** The service takes a hundred writes at once. */
const MOST_WRITES = 100;
const MODELS_AT_ONCE = 8;
const FIRST_AT = epochMs(Date.UTC(2026, 0, 1));

/** The models as the registry itself stores them, but without a journal of how they came about. */
export const fillDocuments = async (registry: Documents, { models }: Size): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < models) {
      const index = next;
      next += 1;
      await fillModel(registry, index);
    }
  };
  await Promise.all(Array.from({ length: MODELS_AT_ONCE }, worker));
};

const fillModel = async (registry: Documents, index: number): Promise<void> => {
  const name = modelName(index);
  const modelId = `mo_bench-${index}`;
  const at = addMs(FIRST_AT, index * VERSIONS_PER_MODEL);
  const model: ModelDocument = {
    id: MODEL_ID,
    kind: 'registered-model',
    modelId,
    name,
    createdAt: at,
    updatedAt: addMs(at, VERSIONS_PER_MODEL),
    description: '',
    tags: [],
    aliases: [{ alias: 'champion', version: VERSIONS_PER_MODEL }],
    lastVersion: VERSIONS_PER_MODEL,
    latest: { None: VERSIONS_PER_MODEL },
    revision: VERSIONS_PER_MODEL,
  };
  const versions = Array.from({ length: VERSIONS_PER_MODEL }, (_, before) => {
    const number = before + 1;
    return newVersion(
      model,
      { number, at: addMs(at, number) },
      {
        source: `s3://models/${name}/${number}/artifacts`,
        runId: '',
        runLink: '',
        description: '',
        tags: [{ key: 'team', value: teamOf(number) }],
      },
    );
  });
  const reservation: NameDocument = { id: nameKey(name), kind: 'model-name', name, modelId };
  await createAll(registry, nameKey(name), [reservation]);
  await createAll(registry, modelId, [model, ...versions]);
};

const createAll = async (registry: Documents, partition: string, documents: readonly Document[]): Promise<void> => {
  for (let from = 0; from < documents.length; from += MOST_WRITES) {
    const writes = documents.slice(from, from + MOST_WRITES).map((value): Write => ({ op: 'create', value }));
    const outcome = await registry.commit(partition, writes);
    if (!outcome.ok) throw new Error(`'${partition}' could not be filled: ${outcome.reason}`);
  }
};
