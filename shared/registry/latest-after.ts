import type { ModelDocument, Stage } from './model.ts';
import type { RegistryStore } from './store.ts';

/** A version that changes its stage, or leaves when `to` is absent. */
export interface Move {
  readonly version: number;
  readonly from: Stage;
  readonly to?: Stage;
}

/** The highest live version per stage after these moves. Asks the store only when the highest of a stage leaves it. */
export const latestAfter = async (
  registry: RegistryStore,
  model: ModelDocument,
  moves: readonly Move[],
): Promise<ModelDocument['latest']> => {
  const latest = new Map(Object.entries(model.latest) as [Stage, number][]);
  const moved = new Set(moves.map(({ version }) => version));
  for (const { version, from, to } of moves) {
    if (from === to || latest.get(from) !== version) continue;
    const next = await highest(registry, model, from, moved);
    if (next === undefined) latest.delete(from);
    else latest.set(from, next);
  }
  for (const { version, to } of moves) {
    if (to !== undefined) latest.set(to, Math.max(latest.get(to) ?? 0, version));
  }
  return Object.fromEntries(latest);
};

const highest = async (
  registry: RegistryStore,
  model: ModelDocument,
  stage: Stage,
  except: ReadonlySet<number>,
): Promise<number | undefined> => {
  const inStage = registry.versions(model.modelId, {
    where: [{ path: 'stage', op: '=', value: stage }],
    orderBy: { path: 'version', direction: 'desc' },
  });
  for await (const { value } of inStage) if (!except.has(value.version)) return value.version;
  return undefined;
};
