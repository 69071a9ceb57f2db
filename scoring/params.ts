import type { DataType, ParamSpec, ScalarType } from '../shared/packaging/model/signature.ts';
import { shown } from './cells.ts';
import { isFraction, isRecord, isWhole, unmarked } from './data.ts';
import { invalidParameter } from './scoring-error.ts';

/**
 * The parameters of a request with the signature's defaults for those that are absent. Names that the signature does
 * not know are ignored, and so is everything when it knows none.
 *
 * @throws ScoringError 400 when a value has another type than declared
 */
export const enforceParams = (raw: unknown, specs: readonly ParamSpec[] | undefined): Record<string, unknown> => {
  if (specs === undefined) return {};
  const given = raw ?? {};
  if (!isRecord(given)) throw invalidParameter(`'params' must be an object, got ${shown(raw)}`);
  return Object.fromEntries(
    specs.map((spec) => [
      spec.name,
      Object.hasOwn(given, spec.name) ? enforceParam(given[spec.name], spec) : spec.default,
    ]),
  );
};

const enforceParam = (raw: unknown, spec: ParamSpec): unknown => {
  if (raw === null) return null;
  if (!spec.isList) return enforceValue(raw, spec);
  if (!Array.isArray(raw))
    throw invalidParameter(`Invalid parameter '${spec.name}': it must be a list, got ${shown(raw)}`);
  return raw.map((item) => enforceValue(item, spec));
};

const enforceValue = (raw: unknown, { name, type }: ParamSpec): unknown => {
  if (!isOfType(raw, type)) {
    const wanted = type.kind === 'scalar' ? type.scalar : type.kind;
    throw invalidParameter(`Invalid parameter '${name}': can not safely convert ${shown(raw)} to ${wanted}`);
  }
  return unmarked(raw);
};

const isOfType = (raw: unknown, type: DataType): boolean =>
  type.kind === 'scalar' ? isOfScalar(raw, type.scalar) : type.kind === 'array' ? Array.isArray(raw) : isRecord(raw);

const isOfScalar = (raw: unknown, scalar: ScalarType): boolean => {
  switch (scalar) {
    case 'boolean':
      return typeof raw === 'boolean';
    case 'integer':
    case 'long':
      return isWhole(raw);
    case 'float':
    case 'double':
      return isWhole(raw) || isFraction(raw);
    case 'any':
      return true;
    default:
      return typeof raw === 'string';
  }
};
