import * as fc from 'fast-check';
import * as z from 'zod';

/** What a stack has, or could have: values that get past the first check of a route. */
const PLAUSIBLE: readonly unknown[] = [
  ...[
    'heart',
    'nobody',
    '1',
    '2',
    '01',
    'champion',
    'latest',
    'Production',
    'None',
    '0',
    'Default',
    'ACTIVE',
    'FINISHED',
  ],
  ...[
    "name = 'heart'",
    "name LIKE '%a%' AND tags.a != 'b'",
    'metrics.loss < 1',
    "version_number > 0 AND name = 'heart'",
  ],
  ...[
    'name DESC',
    'timestamp ASC',
    'metrics.loss DESC',
    's3://bucket/model',
    'models:/heart/1',
    'runs:/r/model',
    'a/b.txt',
  ],
  ...['https://127.0.0.1:9/x', 'mlflow-artifacts:/0/a', 'abort', 'PT1S', 'slipway.*', '2026-01-01T00:00:00Z'],
  ...[
    true,
    false,
    0,
    1,
    100,
    null,
    [],
    {},
    [{ key: 'a', value: 'b' }],
    [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
  ],
];

/** What nobody should send. */
const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      '',
      ' ',
      '\u0000',
      'a\u0000b',
      '../../etc/passwd',
      '%',
      '%zz',
      '%00',
      '__proto__',
      'constructor',
      "'",
      '"',
      '`',
      '\\',
    ],
    ...["name = '", "name = 'a' OR 1=1", '((((((((', `name LIKE ${"'%'".repeat(50)}`, 'NaN', 'Infinity', '1e999', '-0'],
    ...[
      '\ud800',
      '\u202e',
      '💥'.repeat(100),
      'x'.repeat(3_000),
      '{"a":',
      '$' + '{jndi:ldap://x}',
      '\r\nSet-Cookie: a=b',
    ],
    ...[-1, 1.5, 1e308, -1e308, 2 ** 53, 2 ** 60, Number.MIN_VALUE],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** One value for a field: plausible, hostile, or what its schema asks for. */
const anything = fc.oneof({ arbitrary: fc.constantFrom(...PLAUSIBLE), weight: 3 }, { arbitrary: hostile, weight: 2 });

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

const MAX_DEPTH = 6;

/** Characters of a path or a query; a longer address is refused before it comes to any route. */
const MAX_ADDRESS = 6_000;

const likely = (schema: JsonSchema, depth: number): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return fc.oneof(...options.map((option) => valueFor(option, depth)));
  if (schema.properties !== undefined) {
    const fields = Object.entries(schema.properties).map(
      ([name, field]) => [name, valueFor(field, depth + 1)] as const,
    );
    // Mostly whole, so that more than the first missing field is looked at.
    return fc.oneof(fc.record(Object.fromEntries(fields)), fc.record(Object.fromEntries(fields), { requiredKeys: [] }));
  }
  if (schema.type === 'array') return fc.array(valueFor(schema.items ?? {}, depth + 1), { maxLength: 4 });
  if (schema.type === 'integer') return fc.oneof(fc.integer(), fc.maxSafeInteger());
  if (schema.type === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true });
  if (schema.type === 'boolean') return fc.boolean();
  return anything;
};

const valueFor = (schema: JsonSchema, depth: number): fc.Arbitrary<unknown> =>
  depth > MAX_DEPTH
    ? fc.constant(null)
    : fc.oneof({ arbitrary: likely(schema, depth), weight: 8 }, { arbitrary: anything, weight: 1 });

const jsonSchemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline', cycles: 'ref' }) as JsonSchema;

/** Bytes that no schema is about. */
const rawBody = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '{',
      '[]',
      'null',
      '7',
      '"x"',
      '{"name": NaN}',
      '{"name": 1e999}',
      '{"name":"a","name":"b"}',
      '\ufeff{}',
    ],
    ...[
      '{"__proto__":{"x":1},"constructor":{"prototype":{}}}',
      '['.repeat(20_000),
      `{"name":${'['.repeat(500)}${']'.repeat(500)}}`,
    ],
    ...[`{"name":"${'x'.repeat(100_000)}"}`, JSON.stringify('{"name": "heart"}'), '{"name":"\\ud800"}'],
  ),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);

/** A body that nearly fits the schema, or bytes that do not. */
export const bodyFor = (schema: z.ZodType): fc.Arbitrary<string | Buffer> =>
  fc.oneof(
    { arbitrary: valueFor(jsonSchemaOf(schema), 0).map((value) => JSON.stringify(value)), weight: 6 },
    { arbitrary: rawBody, weight: 1 },
  );

/** Bytes of an upload. */
export const upload = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));

const escaped = (value: unknown): string =>
  encodeURIComponent((typeof value === 'string' ? value : String(JSON.stringify(value))).toWellFormed());

/** Encoded text for one place in an address; now and then with an encoding that is none. */
const encoded = fc.oneof(
  { arbitrary: anything.map(escaped), weight: 9 },
  { arbitrary: fc.constantFrom('%', '%zz', '%ff', '%00', '%C0%AF', '%E2%82', '%25%32%65', '+', 'a%2Fb'), weight: 1 },
);

/** A query with any of these names, each up to three times, and one that nobody asked for. */
export const queryFor = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names, 'unknown'), encoded), { maxLength: names.length * 2 + 1 })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'))
    .filter((query) => query.length <= MAX_ADDRESS);

/** The path of a route with something in every brace, never nothing or dots, which would name another route. */
export const pathFor = (template: string): fc.Arbitrary<string> => {
  const pieces = template.split(/\{\*?\w+\}/);
  const segment = encoded.filter((text) => !/^(\.|%2e)*$/i.test(text) && text.length <= MAX_ADDRESS / pieces.length);
  return fc
    .tuple(...pieces.slice(1).map(() => segment))
    .map((values) => `/${pieces.map((piece, index) => `${piece}${values[index] ?? ''}`).join('')}`);
};
