import { comparePositions, type Position, type SortKey } from '../mlflow/order-by.ts';
import type { Where } from '../platform/documents.ts';
import { inOrder, merged, sorted } from './in-order.ts';
import type { ModelDocument, ModelVersion } from './model.ts';
import { VERSION_PATHS } from './searchable.ts';
import { type VersionScope, versionsOf } from './version-scope.ts';

/** Models whose versions are asked for in one query. */
const MODELS_AT_ONCE = 200;

type Versions = AsyncIterable<ModelVersion>;

/**
 * The versions of a scope behind `after`, in an order that names no two equal.
 *
 * The store orders by one property of one kind of document. Names are in the models, so in order of names it is asked
 * for models first; and a renaming, which touches all versions of a model at once, is one group of versions that comes
 * between those that changed on their own.
 */
export const versionsInOrder = (
  scope: VersionScope,
  order: readonly SortKey[],
  after: Position | undefined,
): Versions => {
  const [first] = order;
  if (first?.key === 'name')
    return scope.model === undefined ? byName(scope, order, after) : inModel(scope, order, after);
  if (first?.key !== 'last_updated_timestamp') return stored(scope, order, after);
  const paging = { order, positionOf: (version: ModelVersion) => positionIn(order, version) };
  return merged([stored({ ...scope, isUnrenamed: true }, order, after), renamed(scope, order, after)], paging);
};

export const positionIn = (order: readonly SortKey[], version: ModelVersion): Position => {
  const values: Readonly<Record<string, string | number>> = {
    name: version.name,
    version_number: Number(version.version),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
  };
  return order.map(({ key }) => values[key] ?? '');
};

/** By a property of the versions themselves. */
const stored = (scope: VersionScope, order: readonly SortKey[], after: Position | undefined): Versions => {
  const { key = '', direction = 'asc' } = order[0] ?? {};
  const path = VERSION_PATHS.get(key) ?? 'version';
  return inOrder<ModelVersion>({
    order,
    after,
    path,
    positionOf: (version) => positionIn(order, version),
    list: (bound) => versionsOf(scope, bound, { path, direction }),
    ties: (value, behind) => {
      const where: readonly Where[] = [...scope.where, { path, op: '=', value }];
      const reaches: readonly Where[] = path === 'version' ? [{ path: 'lastVersion', op: '>=', value }] : [];
      const tied = { ...scope, where, modelWhere: [...scope.modelWhere, ...reaches] };
      return versionsInOrder(tied, order.slice(1), behind);
    },
  });
};

/** All versions of one model have one name: it only decides whether they are behind `after`. */
async function* inModel(
  scope: VersionScope,
  order: readonly SortKey[],
  after: Position | undefined,
): AsyncGenerator<ModelVersion> {
  const place = after === undefined ? 1 : comparePositions(order.slice(0, 1), [scope.model?.name ?? ''], after);
  if (place >= 0) yield* versionsInOrder(scope, order.slice(1), place === 0 ? after?.slice(1) : undefined);
}

/** Versions that changed last when their model was renamed. */
async function* renamed(
  scope: VersionScope,
  order: readonly SortKey[],
  after: Position | undefined,
): AsyncGenerator<ModelVersion> {
  const rest = order.slice(1);
  const paging = { order: rest, positionOf: (version: ModelVersion) => positionIn(rest, version) };
  let together: Versions[] = [];
  let at: number | undefined;
  for await (const model of modelsBy(scope, 'renamedAt', order[0]?.direction ?? 'asc', after?.[0])) {
    const { renamedAt } = model;
    if (renamedAt === undefined) continue;
    if (renamedAt !== at) {
      yield* merged(together, paging);
      together = [];
    }
    at = renamedAt;
    const where: readonly Where[] = [...scope.where, { path: 'updatedAt', op: '<=', value: renamedAt }];
    const behind = renamedAt === after?.[0] ? after.slice(1) : undefined;
    together.push(versionsInOrder({ ...scope, model, where }, rest, behind));
  }
  yield* merged(together, paging);
}

/** Model by model: small ones several at once, large ones as a stream of their own. */
async function* byName(
  scope: VersionScope,
  order: readonly SortKey[],
  after: Position | undefined,
): AsyncGenerator<ModelVersion> {
  const rest = order.slice(1);
  const behindOf = ({ name }: ModelDocument) => (name === after?.[0] ? after.slice(1) : undefined);
  let small: ModelDocument[] = [];
  let size = 0;
  for await (const model of modelsBy(scope, 'name', order[0]?.direction ?? 'asc', after?.[0])) {
    const isLarge = model.lastVersion > scope.pageSize;
    if (isLarge || size + model.lastVersion > scope.pageSize || small.length >= MODELS_AT_ONCE) {
      yield* ofSmallModels(scope, small, rest, behindOf);
      [small, size] = [[], 0];
    }
    if (isLarge) yield* versionsInOrder({ ...scope, model }, rest, behindOf(model));
    else if (Object.keys(model.latest).length > 0) {
      small.push(model);
      size += model.lastVersion;
    }
  }
  yield* ofSmallModels(scope, small, rest, behindOf);
}

async function* ofSmallModels(
  scope: VersionScope,
  models: readonly ModelDocument[],
  order: readonly SortKey[],
  behindOf: (model: ModelDocument) => Position | undefined,
): AsyncGenerator<ModelVersion> {
  if (models.length === 0) return;
  const byModel = new Map<string, ModelVersion[]>();
  for await (const version of versionsOf({ ...scope, models }, [])) {
    const others = byModel.get(version.modelId);
    if (others === undefined) byModel.set(version.modelId, [version]);
    else others.push(version);
  }
  const positionOf = (version: ModelVersion) => positionIn(order, version);
  for (const model of models) {
    yield* sorted(byModel.get(model.modelId) ?? [], { order, after: behindOf(model), positionOf });
  }
}

/** Models of the scope in the order of a property that they have, from a value on. */
async function* modelsBy(
  { registry, model, models, modelWhere, pageSize }: VersionScope,
  path: 'name' | 'renamedAt',
  direction: SortKey['direction'],
  from: string | number | undefined,
): AsyncGenerator<ModelDocument> {
  const bound: readonly Where[] =
    from === undefined ? [] : [{ path, op: direction === 'asc' ? '>=' : '<=', value: from }];
  const few = model === undefined ? models : [model];
  if (few === undefined) {
    yield* registry.models({ where: [...modelWhere, ...bound], orderBy: { path, direction }, limit: pageSize });
    return;
  }
  const order: readonly SortKey[] = [{ key: path, direction }];
  const positionOf = (one: ModelDocument): Position => [one[path] ?? ''];
  yield* sorted(few, { order, after: undefined, positionOf }).filter(
    (one) => from === undefined || comparePositions(order, positionOf(one), [from]) >= 0,
  );
}
