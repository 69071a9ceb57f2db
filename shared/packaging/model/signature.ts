import * as z from 'zod';
import { nestsTooDeeply } from './read-yaml.ts';

/** MLflow's scalar column types. `integer` has 32 bits, `long` 64; `float` 32, `double` 64. */
export const SCALAR_TYPES = [
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'datetime',
  'any',
] as const;

export type ScalarType = (typeof SCALAR_TYPES)[number];

export interface Property {
  readonly type: DataType;
  readonly required: boolean;
}

export type DataType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'array'; readonly items: DataType }
  | { readonly kind: 'object'; readonly properties: Readonly<Record<string, Property>> }
  | { readonly kind: 'map'; readonly values: DataType };

export interface ColumnSpec {
  readonly name: string | undefined;
  readonly type: DataType;
  readonly required: boolean;
}

export interface TensorSpec {
  readonly name: string | undefined;
  /** numpy's name, such as `float32`, `int64` or `str`. */
  readonly dtype: string;
  /** -1 is a free dimension. */
  readonly shape: readonly number[];
}

/** Columns and tensors do not mix; either all of them are named or none is. */
export type Schema =
  | { readonly kind: 'columns'; readonly named: boolean; readonly columns: readonly ColumnSpec[] }
  | { readonly kind: 'tensors'; readonly named: boolean; readonly tensors: readonly TensorSpec[] };

export interface ParamSpec {
  readonly name: string;
  readonly type: DataType;
  readonly default: unknown;
  readonly isList: boolean;
}

/** What a model says it takes and gives. An absent part is not enforced. */
export interface Signature {
  readonly inputs?: Schema;
  readonly outputs?: Schema;
  readonly params?: readonly ParamSpec[];
}

interface WireProperty {
  readonly type: string;
  readonly required?: boolean | undefined;
  readonly items?: WireProperty | undefined;
  readonly values?: WireProperty | undefined;
  readonly properties?: Readonly<Record<string, WireProperty>> | undefined;
}

/** A nesting no honest signature comes near; deeper ones are refused before recursion could hurt. */
const MAX_DEPTH = 32;

const wireProperty: z.ZodType<WireProperty> = z.lazy(() =>
  z.object({
    type: z.string(),
    required: z.boolean().optional(),
    items: wireProperty.optional(),
    values: wireProperty.optional(),
    properties: z.record(z.string(), wireProperty).optional(),
  }),
);

const wireColumn = z.intersection(
  wireProperty,
  // `optional` is how MLflow before 2.10 wrote `required: false`.
  z.object({ name: z.string().optional(), optional: z.boolean().optional() }),
);

const wireTensor = z.object({
  type: z.literal('tensor'),
  name: z.string().optional(),
  'tensor-spec': z.object({ dtype: z.string(), shape: z.array(z.int().min(-1)).max(16) }),
});

const wireParam = z.intersection(
  wireProperty,
  z.object({ name: z.string(), default: z.unknown(), shape: z.array(z.int()).nullish() }),
);

const schemaText = z.string().transform((text, context): Schema => {
  const wire = parseJson(text, context);
  const tensors = z.array(wireTensor).min(1).safeParse(wire);
  if (tensors.success) return tensorSchema(tensors.data, context);
  const columns = z.array(wireColumn).min(1).safeParse(wire);
  if (columns.success) return columnSchema(columns.data, context);
  return fail(context, 'is neither a list of columns nor a list of tensors');
});

const paramsText = z.string().transform((text, context): readonly ParamSpec[] => {
  const wire = z.array(wireParam).safeParse(parseJson(text, context));
  if (!wire.success) return fail(context, 'is not a list of parameter specifications');
  return wire.data.map((param) => ({
    name: param.name,
    type: toDataType(param, context),
    default: param.default,
    isList: param.shape !== null && param.shape !== undefined,
  }));
});

/** `signature` of an MLmodel file: each part a JSON document inside a YAML string, or null. */
export const signatureSchema = z
  .looseObject({ inputs: schemaText.nullish(), outputs: schemaText.nullish(), params: paramsText.nullish() })
  .transform(
    ({ inputs, outputs, params }): Signature => ({
      ...(inputs ? { inputs } : {}),
      ...(outputs ? { outputs } : {}),
      ...(params ? { params } : {}),
    }),
  );

const parseJson = (text: string, context: z.RefinementCtx): unknown => {
  // YAML's own check does not see brackets that are written as escapes.
  if (nestsTooDeeply(text)) return fail(context, 'is nested too deeply');
  try {
    return JSON.parse(text);
  } catch {
    return fail(context, 'is not JSON');
  }
};

const columnSchema = (wire: readonly z.infer<typeof wireColumn>[], context: z.RefinementCtx): Schema => ({
  kind: 'columns',
  named: allOrNoneNamed(wire, context),
  columns: wire.map((column) => ({
    name: column.name,
    type: toDataType(column, context),
    required: column.required ?? !column.optional,
  })),
});

const tensorSchema = (wire: readonly z.infer<typeof wireTensor>[], context: z.RefinementCtx): Schema => {
  const named = allOrNoneNamed(wire, context);
  if (!named && wire.length > 1) return fail(context, 'has several tensors without names');
  return { kind: 'tensors', named, tensors: wire.map((tensor) => ({ name: tensor.name, ...tensor['tensor-spec'] })) };
};

const allOrNoneNamed = (
  specs: readonly { readonly name?: string | undefined }[],
  context: z.RefinementCtx,
): boolean => {
  const names = specs.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (names.length !== 0 && names.length !== specs.length)
    return fail(context, 'names some of its entries but not all');
  if (new Set(names).size !== names.length) return fail(context, 'uses a name twice');
  return names.length > 0;
};

const toDataType = (wire: WireProperty, context: z.RefinementCtx, depth = 0): DataType => {
  if (depth > MAX_DEPTH) return fail(context, 'is nested too deeply');
  if (wire.type === 'array' && wire.items) return { kind: 'array', items: toDataType(wire.items, context, depth + 1) };
  if (wire.type === 'map' && wire.values) return { kind: 'map', values: toDataType(wire.values, context, depth + 1) };
  if (wire.type === 'object' && wire.properties) {
    const entries = Object.entries(wire.properties).map(([name, property]): [string, Property] => [
      name,
      { type: toDataType(property, context, depth + 1), required: property.required ?? true },
    ]);
    return { kind: 'object', properties: Object.fromEntries(entries) };
  }
  const scalar = SCALAR_TYPES.find((type) => type === wire.type);
  return scalar ? { kind: 'scalar', scalar } : fail(context, `has a column of the unknown type '${wire.type}'`);
};

const fail = (context: z.RefinementCtx, message: string): never => {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
};
