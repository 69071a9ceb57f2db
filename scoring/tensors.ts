import { castCell } from './cells.ts';
import { type ElementType, isFraction, isWhole, type Tensor, unmarked } from './data.ts';
import { badRequest } from './scoring-error.ts';

/** numpy refuses more; it also bounds the recursion. */
const MAX_RANK = 32;

/**
 * The tensor that a nested list (or a scalar) describes. Without `type` it is inferred as numpy would.
 *
 * @throws ScoringError 400 when the rows are not equally long or an element cannot be converted
 */
export const toTensor = (raw: unknown, type?: ElementType): Tensor => {
  const shape = type === 'object' && Array.isArray(raw) ? objectShape(raw) : shapeOf(raw);
  const flat: unknown[] = [];
  flatten(raw, shape, 0, flat);
  const elementType = type ?? inferArrayType(flat);
  return {
    kind: 'tensor',
    type: elementType,
    shape,
    elements: flat.map((cell) => castCell(cell, elementType, 'array')),
  };
};

/** The elements as nested lists in the tensor's shape; of a scalar, the element itself. */
export const toNested = ({ shape, elements }: Pick<Tensor, 'shape' | 'elements'>): unknown => {
  let level: unknown[] = [...elements];
  for (const size of shape.slice(1).toReversed()) {
    const rows = size === 0 ? 0 : level.length / size;
    level = Array.from({ length: rows }, (_, row) => level.slice(row * size, (row + 1) * size));
  }
  return shape.length === 0 ? level[0] : level;
};

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const shapeOf = (raw: unknown): number[] => {
  const shape: number[] = [];
  for (let level = raw; Array.isArray(level); level = level[0]) {
    if (shape.length === MAX_RANK) throw badRequest(`Lists are nested more than ${MAX_RANK} levels deep`);
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
};

/** Lists of unequal length stay elements of an array of objects. */
const objectShape = (raw: readonly unknown[]): number[] => {
  const isRegular = raw.every((row) => Array.isArray(row) && row.length === (raw[0] as unknown[]).length);
  return isRegular ? shapeOf(raw) : [raw.length];
};

const flatten = (raw: unknown, shape: readonly number[], depth: number, into: unknown[]): void => {
  if (depth === shape.length) {
    if (Array.isArray(raw)) throw ragged();
    into.push(raw);
    return;
  }
  if (!Array.isArray(raw) || raw.length !== shape[depth]) throw ragged();
  for (const part of raw) flatten(part, shape, depth + 1, into);
};

const ragged = (): Error => badRequest('The lists do not form an array: rows at the same level must be equally long');

/** numpy's choice for a list of mixed values: text beats numbers, fractions beat whole numbers, those beat truths. */
const inferArrayType = (flat: readonly unknown[]): ElementType => {
  if (flat.length === 0) return 'float64';
  const all = (...tests: ((cell: unknown) => boolean)[]): boolean =>
    flat.every((cell) => tests.some((test) => test(cell)));
  if (all(isTruth)) return 'bool';
  if (all(isTruth, isWhole)) return 'int64';
  if (all(isTruth, isWhole, isFraction)) return 'float64';
  if (all(isTruth, isWhole, isFraction, isText)) return 'string';
  return 'object';
};

/** pandas' choice for a column: a missing value makes whole numbers fractions, and mixtures objects. */
export const inferColumnType = (cells: readonly unknown[]): ElementType => {
  const all = (...tests: ((cell: unknown) => boolean)[]): boolean =>
    cells.length > 0 && cells.every((cell) => tests.some((test) => test(cell)));
  if (all(isTruth)) return 'bool';
  if (all(isWhole)) return 'int64';
  if (all(isNull)) return 'object';
  if (all(isWhole, isFraction, isNull)) return 'float64';
  if (all(isText, isNull)) return 'string';
  return 'object';
};

/** Raw cells as cells of the type that was inferred from them. */
export const normalizeCells = (cells: readonly unknown[], type: ElementType): readonly unknown[] =>
  type === 'object' || type === 'string' || type === 'bool'
    ? cells.map(unmarked)
    : cells.map((cell) => castCell(cell, type, 'table'));

const isTruth = (cell: unknown): boolean => typeof cell === 'boolean';
const isText = (cell: unknown): boolean => typeof cell === 'string';
const isNull = (cell: unknown): boolean => cell === null;
