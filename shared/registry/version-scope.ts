import type { Clause } from '../mlflow/filter/clause.ts';
import { inScope, type ModelScope } from '../platform/access/grant.ts';
import type { Query, Where } from '../platform/documents.ts';
import { matches } from './matches.ts';
import type { ModelDocument, ModelVersion, VersionDocument } from './model.ts';
import { toModelVersion } from './read-models.ts';
import type { RegistryStore } from './store.ts';

/** Where a search looks for versions. */
export interface VersionScope {
  readonly registry: RegistryStore;
  readonly clauses: readonly Clause[];
  /** The models that there are for the caller. */
  readonly visible: ModelScope;
  /** Conditions on versions. */
  readonly where: readonly Where[];
  /** Conditions on their models. */
  readonly modelWhere: readonly Where[];
  /** The only model. */
  readonly model?: ModelDocument;
  /** The only models, when they are few. */
  readonly models?: readonly ModelDocument[];
  /** Without versions that were renamed with their model after they changed: these come at the time of the renaming. */
  readonly isUnrenamed?: boolean;
  /** Documents read at a time, 1–1000. */
  readonly pageSize: number;
  /** Models read so far, by id. */
  readonly known: Map<string, ModelDocument>;
}

/** Stored versions of the scope, those of deleted models included. */
export async function* listVersions(
  { registry, where, model, models, pageSize }: VersionScope,
  bound: readonly Where[],
  orderBy?: Query['orderBy'],
): AsyncGenerator<VersionDocument> {
  const among: readonly Where[] =
    models === undefined ? [] : [{ path: 'modelId', op: 'in', value: models.map(({ modelId }) => modelId) }];
  const listing = {
    where: [...where, ...among, ...bound],
    limit: pageSize,
    ...(orderBy === undefined ? {} : { orderBy }),
  };
  for await (const { value } of registry.versions(model?.modelId, listing)) yield value;
}

/** Those of live models that every clause holds for, as readers see them. */
export const asVersions = async (
  scope: VersionScope,
  documents: readonly VersionDocument[],
): Promise<ModelVersion[]> => {
  const models = await modelsOf(scope, documents);
  return documents.flatMap((document) => {
    const model = models.get(document.modelId);
    if (model === undefined || !inScope(scope.visible, model.name)) return [];
    if (scope.isUnrenamed === true && document.updatedAt <= (model.renamedAt ?? 0)) return [];
    const version = toModelVersion(model, document);
    return matches(scope.clauses, { attributes: attributesOf(version), tags: version.tags }) ? [version] : [];
  });
};

/** `listVersions` as readers see them. */
export async function* versionsOf(
  scope: VersionScope,
  bound: readonly Where[],
  orderBy?: Query['orderBy'],
): AsyncGenerator<ModelVersion> {
  let some: VersionDocument[] = [];
  for await (const document of listVersions(scope, bound, orderBy)) {
    some.push(document);
    if (some.length < scope.pageSize) continue;
    yield* await asVersions(scope, some);
    some = [];
  }
  yield* await asVersions(scope, some);
}

const modelsOf = async (
  { registry, model, models, known }: VersionScope,
  documents: readonly VersionDocument[],
): Promise<ReadonlyMap<string, ModelDocument>> => {
  for (const one of model === undefined ? (models ?? []) : [model]) known.set(one.modelId, one);
  if (model !== undefined || models !== undefined) return known;
  const unknown = [...new Set(documents.map(({ modelId }) => modelId))].filter((modelId) => !known.has(modelId));
  if (unknown.length === 0) return known;
  const where = [{ path: 'modelId', op: 'in', value: unknown }] as const;
  for await (const found of registry.models({ where, limit: unknown.length })) known.set(found.modelId, found);
  return known;
};

const attributesOf = (version: ModelVersion) => ({
  name: version.name,
  version_number: Number(version.version),
  run_id: version.runId,
  source_path: version.source,
});
