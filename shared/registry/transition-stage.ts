import { invalid } from '../mlflow/invalid.ts';
import type { Stored, Write } from '../platform/documents.ts';
import type { Cause } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import { changeModel, liveVersion, nextRevision } from './change-model.ts';
import { changedEntry } from './entries.ts';
import { latestAfter } from './latest-after.ts';
import type { ModelDocument, ModelVersion, Stage, VersionDocument } from './model.ts';
import { toModelVersion } from './read-models.ts';
import { versionNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import type { VersionKey } from './update-version.ts';
import { parseStage, parseVersion } from './validate.ts';

/** Versions archived in one batch: each takes two writes of its hundred, and the target and its model three. */
const ARCHIVED_PER_BATCH = 45;

export interface StageTransition extends VersionKey {
  /** In any case. */
  readonly stage: string;
  /** Moves every other version of that stage to Archived, together with the transition. */
  readonly archiveExisting?: boolean;
}

/**
 * Moves a version to a stage. Above 45 others to archive, the surplus is archived in batches of its own before.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE for an unknown stage, or when others are to be
 * archived from a stage that is not active
 */
export const transitionStage = async (
  services: RegistryServices,
  wish: StageTransition,
  cause: Cause,
): Promise<ModelVersion> => {
  const to = parseStage(wish.stage);
  const version = parseVersion(wish.version);
  const archive = wish.archiveExisting ?? false;
  if (archive && to !== 'Staging' && to !== 'Production') {
    throw invalid(
      `Model version transition cannot archive existing model versions because '${to}' is not an Active stage. ` +
        "Valid stages are ['Staging', 'Production']",
    );
  }
  const moveSome = async (model: ModelDocument, at: EpochMs) => {
    const target = await liveVersion(services.registry, model, version);
    const others = archive ? await othersIn(services, model, to, version) : [];
    const last = others.length <= ARCHIVED_PER_BATCH;
    const moves = others.slice(0, ARCHIVED_PER_BATCH).map((other) => ({ stored: other, to: 'Archived' as Stage }));
    if (last) moves.push({ stored: target, to });
    const moved = toModelVersion(model, { ...target.value, stage: to, updatedAt: at });
    return { ...(await moveAll(services, { model, moves, at }, cause)), result: last ? moved : undefined };
  };
  for (;;) {
    const moved = await changeModel(services, wish.name, moveSome, versionNotFound(wish.name, version));
    if (moved !== undefined) return moved;
  }
};

const othersIn = async (services: RegistryServices, model: ModelDocument, stage: Stage, version: number) => {
  const others: Stored<VersionDocument>[] = [];
  const where = [{ path: 'stage', op: '=', value: stage }] as const;
  for await (const other of services.registry.versions(model.modelId, { where })) {
    if (other.value.version !== version) others.push(other);
  }
  return others;
};

interface Moves {
  readonly model: ModelDocument;
  readonly moves: readonly { readonly stored: Stored<VersionDocument>; readonly to: Stage }[];
  readonly at: EpochMs;
}

const moveAll = async (services: RegistryServices, { model, moves, at }: Moves, cause: Cause) => {
  const latest = await latestAfter(
    services.registry,
    model,
    moves.map(({ stored: { value }, to }) => ({ version: value.version, from: value.stage, to })),
  );
  return {
    patch: { updatedAt: at, latest },
    writes: moves.map(({ stored: { value, etag }, to }): Write => {
      const moved: VersionDocument = { ...value, stage: to, updatedAt: at, revision: nextRevision(value) };
      return { op: 'replace', value: moved, etag };
    }),
    entries: moves.flatMap(({ stored: { value }, to }) => {
      // Who is in that stage already has not moved, so there is nothing to tell, and nothing to start.
      if (value.stage === to) return [];
      const revision = nextRevision(value);
      const change = { change: 'stage-transitioned', value: to } as const;
      return changedEntry({ model, version: value.version, of: 'version', revision, ...change }, cause, at);
    }),
  };
};
