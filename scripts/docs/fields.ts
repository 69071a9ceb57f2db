import * as z from 'zod';
import { code } from './markdown.ts';

/** The parts of JSON Schema that zod writes and these pages show. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
}

/** One field of an object, with dots for what is inside of what and `[]` for each item of a list. */
export interface Field {
  readonly path: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** What zod says of a schema; transforms are shown as they come in. */
export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output' = 'input'): JsonSchema =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;

export const variantsOf = (schema: JsonSchema): readonly JsonSchema[] => schema.oneOf ?? schema.anyOf ?? [];

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** The fields of an object, those of nested objects and lists of one shape behind their own. */
export const fieldsOf = (schema: JsonSchema, path = ''): readonly Field[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, of]) => {
    const here = join(path, name);
    const required = schema.required?.includes(name) === true;
    const inside = [...fieldsOf(of, here), ...fieldsOf(of.items ?? {}, `${here}[]`)];
    const isGroup = of.properties !== undefined && inside.length > 0;
    return isGroup ? inside : [{ path: here, required, schema: of }, ...inside];
  });

const UNLIMITED = Number.MAX_SAFE_INTEGER;

const range = ({ minimum, maximum, exclusiveMinimum }: JsonSchema): string => {
  const most = maximum === UNLIMITED ? undefined : maximum;
  const least = minimum === -UNLIMITED ? undefined : minimum;
  if (exclusiveMinimum !== undefined) return ` > ${exclusiveMinimum}`;
  if (least !== undefined && most !== undefined) return ` ${least}–${most}`;
  if (least !== undefined) return ` ≥ ${least}`;
  return most === undefined ? '' : ` ≤ ${most}`;
};

const isObject = (schema: JsonSchema): boolean =>
  schema.properties !== undefined || variantsOf(schema).some(({ properties }) => properties !== undefined);

/** zod checks durations in code, so a schema shows them only by their default. */
const stringText = ({ format, default: value }: JsonSchema): string => {
  if (format === 'date-time') return 'RFC 3339 time';
  if (format === 'uri') return 'URL';
  return typeof value === 'string' && /^P(T?\d)/.test(value) ? 'duration' : 'text';
};

const literal = (value: unknown): string => code(String(value));

/** A type in words, such as ``integer 1–100`` or ``list of text``. */
export const typeText = (schema: JsonSchema): string => {
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(', ');
  const variants = variantsOf(schema);
  const [one, other] = variants;
  const isOneOrSeveral = one !== undefined && other?.items !== undefined && typeText(other.items) === typeText(one);
  if (isOneOrSeveral) return typeText(one);
  if (variants.length > 0) return variants.map(typeText).join(' or ');
  switch (schema.type) {
    case 'array':
      return `list of ${isObject(schema.items ?? {}) ? 'objects' : typeText(schema.items ?? {})}`;
    case 'object':
      return typeof schema.additionalProperties === 'object' && Object.keys(schema.additionalProperties).length > 0
        ? `map of ${typeText(schema.additionalProperties)}`
        : 'object';
    case 'string':
      return stringText(schema);
    case 'integer':
    case 'number':
      return `${schema.type}${range(schema)}`;
    case 'boolean':
      return '`true`, `false`';
    default:
      return 'any';
  }
};

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

export const defaultText = ({ default: value }: JsonSchema): string =>
  value === undefined || isEmpty(value) ? '' : code(typeof value === 'string' ? value : JSON.stringify(value));
