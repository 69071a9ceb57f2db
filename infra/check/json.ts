import type { ResourceType } from './catalogue.ts';

export interface Problem {
  readonly rule: string;
  readonly message: string;
}

/** What is wrong with a loaded value, seen as a type expression of a resource. */
export const checkJson = (value: unknown, type: string, resource: ResourceType): readonly Problem[] => {
  // What a loaded file has not is reported where it is named.
  if (type === 'any' || value === undefined) return [];
  if (Array.isArray(value)) {
    return type.endsWith('[]')
      ? value.flatMap((item) => checkJson(item, type.slice(0, -2), resource))
      : [wrongType('a list', type)];
  }
  if (typeof value === 'object' && value !== null) return checkJsonObject(value, type, resource);
  return checkJsonScalar(value, type);
};

const wrongType = (given: string, wanted: string): Problem => ({
  rule: 'wrong-type',
  message: `${given} where ${wanted} is wanted`,
});

const checkJsonScalar = (value: unknown, type: string): readonly Problem[] => {
  const parts = type.split(' | ');
  const primitive = { string: 'string', number: 'int', boolean: 'bool' }[typeof value as string] ?? 'null';
  if (parts.includes(primitive)) return [];
  if (typeof value !== 'string') return [wrongType(primitive, type)];
  if (parts.includes(value)) return [];
  const literals = parts.every((part) => !['int', 'bool', 'object'].includes(part) && !part.endsWith('[]'));
  return literals
    ? [{ rule: 'unknown-literal', message: `'${value}' is none of ${type}` }]
    : [wrongType('string', type)];
};

const checkJsonObject = (value: object, type: string, resource: ResourceType): readonly Problem[] => {
  const shape = type
    .split(' | ')
    .map((part) => resource.types[part])
    .find((found) => found !== undefined);
  if (shape === undefined) return type === 'object' ? [] : [wrongType('an object', type)];
  const unknown = Object.entries(value).flatMap(([key, item]): readonly Problem[] => {
    const expected = shape.properties[key] ?? shape.additional;
    return expected === undefined
      ? [{ rule: 'unknown-property', message: `no property '${key}' in ${type}` }]
      : checkJson(item, expected, resource);
  });
  const missing = shape.required
    .filter((name) => !(name in value))
    .map((name) => ({ rule: 'missing-property', message: `'${name}' is missing in ${type}` }));
  return [...unknown, ...missing];
};
