import type { DataType, ParamSpec, Schema, Signature } from './signature.ts';

/** A signature for people: one line for each column, tensor or parameter. */
export interface DescribedSignature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly params: readonly string[];
}

/** Lines such as `age: long`, `scores: array<double>, optional` and `pixels: float32[*, 28, 28]`; `*` is any number. */
export const describeSignature = ({ inputs, outputs, params }: Signature): DescribedSignature => ({
  inputs: schemaLines(inputs),
  outputs: schemaLines(outputs),
  params: (params ?? []).map(paramLine),
});

const schemaLines = (schema: Schema | undefined): readonly string[] => {
  if (!schema) return [];
  if (schema.kind === 'tensors') {
    return schema.tensors.map(({ name, dtype, shape }) => named(name, `${dtype}${dimensions(shape)}`));
  }
  return schema.columns.map(({ name, type, required }) =>
    named(name, `${typeText(type)}${required ? '' : ', optional'}`),
  );
};

const named = (name: string | undefined, text: string): string => (name === undefined ? text : `${name}: ${text}`);

const dimensions = (shape: readonly number[]): string =>
  `[${shape.map((size) => (size === -1 ? '*' : String(size))).join(', ')}]`;

const typeText = (type: DataType): string => {
  switch (type.kind) {
    case 'scalar':
      return type.scalar;
    case 'array':
      return `array<${typeText(type.items)}>`;
    case 'map':
      return `map<${typeText(type.values)}>`;
    case 'object':
      return `{${Object.entries(type.properties)
        .map(([name, property]) => `${name}${property.required ? '' : '?'}: ${typeText(property.type)}`)
        .join(', ')}}`;
    default:
      return type satisfies never;
  }
};

const paramLine = ({ name, type, isList, default: preset }: ParamSpec): string =>
  `${name}: ${isList ? `array<${typeText(type)}>` : typeText(type)} = ${JSON.stringify(preset ?? null)}`;
