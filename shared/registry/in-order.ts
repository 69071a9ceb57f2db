import { comparePositions, type Position, type SortKey } from '../mlflow/order-by.ts';
import type { Where } from '../platform/documents.ts';

/** More things than these that are equal in the first sort key are listed anew by the next, not sorted here. */
const MAX_SORTED = 200;

/** Things that the store lists in the order of one property, and that are to come in a whole order. */
export interface Ordering<T> {
  readonly order: readonly SortKey[];
  /** Only what is behind. */
  readonly after: Position | undefined;
  readonly positionOf: (item: T) => Position;
  /** The stored property of the first sort key. */
  readonly path: string;
  /** What also holds against this condition, in the order of the first sort key. */
  list(bound: readonly Where[]): AsyncIterable<T>;
  /** What has that value of the first sort key, in the order of the other keys. */
  ties(value: string | number, after: Position | undefined): AsyncIterable<T>;
}

/** Everything behind `after` in the whole order, which costs no more than what is taken of it and one group of ties. */
export async function* inOrder<T>({ order, after, positionOf, path, list, ties }: Ordering<T>): AsyncGenerator<T> {
  const isAscending = order[0]?.direction === 'asc';
  const [from] = after ?? [];
  let bound: readonly Where[] = from === undefined ? [] : [{ path, op: isAscending ? '>=' : '<=', value: from }];
  for (;;) {
    let group: T[] = [];
    let value: string | number = '';
    for await (const item of list(bound)) {
      const [found = ''] = positionOf(item);
      if (group.length > 0 && found !== value) {
        yield* sorted(group, { order, after, positionOf });
        group = [];
      }
      value = found;
      group.push(item);
      if (group.length > MAX_SORTED) break;
    }
    if (group.length <= MAX_SORTED) {
      yield* sorted(group, { order, after, positionOf });
      return;
    }
    yield* ties(value, value === from ? after?.slice(1) : undefined);
    bound = [{ path, op: isAscending ? '>' : '<', value }];
  }
}

/** What is behind `after`, in order. */
export const sorted = <T>(
  items: readonly T[],
  { order, after, positionOf }: Pick<Ordering<T>, 'order' | 'after' | 'positionOf'>,
): readonly T[] =>
  items
    .map((item) => ({ item, position: positionOf(item) }))
    .filter(({ position }) => after === undefined || comparePositions(order, position, after) > 0)
    .sort((left, right) => comparePositions(order, left.position, right.position))
    .map(({ item }) => item);

/** Several streams that are in order, as one. */
export async function* merged<T>(
  streams: readonly AsyncIterable<T>[],
  { order, positionOf }: Pick<Ordering<T>, 'order' | 'positionOf'>,
): AsyncGenerator<T> {
  const [only] = streams;
  if (only !== undefined && streams.length === 1) {
    yield* only;
    return;
  }
  const next = async (stream: AsyncIterator<T>) => {
    const { done, value } = await stream.next();
    return done === true ? undefined : { stream, item: value, position: positionOf(value) };
  };
  const started = await Promise.all(streams.map((stream) => next(stream[Symbol.asyncIterator]())));
  let heads = started.filter((head) => head !== undefined);
  while (heads.length > 0) {
    const first = heads.reduce((best, head) =>
      comparePositions(order, head.position, best.position) < 0 ? head : best,
    );
    yield first.item;
    const following = await next(first.stream);
    heads = heads.flatMap((head) => (head !== first ? [head] : following === undefined ? [] : [following]));
  }
}

/** The first `count` of a stream. */
export const take = async <T>(stream: AsyncIterable<T>, count: number): Promise<T[]> => {
  const taken: T[] = [];
  for await (const item of stream) {
    taken.push(item);
    if (taken.length >= count) break;
  }
  return taken;
};
