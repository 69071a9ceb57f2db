import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as z from 'zod';

/**
 * Turns the answer of `azmcp bicepschema get --resource-type T` into the small file that the check reads.
 *
 * Usage: node infra/trim-types.ts ANSWER.json... (writes into `types`; see README.md)
 */
const property = z.object({ name: z.string(), type: z.string(), flags: z.string().default('') });
const object = z.object({
  name: z.string(),
  properties: z.array(property).default([]),
  additionalPropertiesType: z.string().optional(),
});
const discriminatedShape = object.extend({
  baseProperties: z.array(property).default([]),
  discriminator: z.string().optional(),
  elements: z.array(object).optional(),
});
type Raw = z.output<typeof discriminatedShape>;
const entry = z.discriminatedUnion('$type', [
  z.object({
    $type: z.literal('Resource'),
    name: z.string(),
    writableScopes: z.string(),
    bodyType: discriminatedShape,
  }),
  discriminatedShape.extend({ $type: z.enum(['Object', 'DiscriminatedObject']) }),
  z.object({ $type: z.literal('ResourceInstanceFunction') }),
]);
const answer = z.object({ results: z.object({ BicepSchemaResult: z.array(entry) }) });

/** Not ours to set, whatever the flags say. */
const IMPLIED = new Set(['apiVersion', 'id', 'type']);

const has = (flags: string, flag: string): boolean => flags.split(', ').includes(flag);

const shape = (raw: Raw): Record<string, unknown> => {
  const all = [...raw.properties, ...raw.baseProperties];
  const settable = all.filter((each) => !has(each.flags, 'ReadOnly'));
  return {
    properties: Object.fromEntries(settable.map((each) => [each.name, each.type])),
    ...listed(
      'required',
      settable.filter((each) => has(each.flags, 'Required')).map((each) => each.name),
    ),
    ...listed(
      'readOnly',
      all.filter((each) => has(each.flags, 'ReadOnly')).map((each) => each.name),
    ),
    ...(raw.additionalPropertiesType === undefined ? {} : { additional: raw.additionalPropertiesType }),
    ...(raw.discriminator === undefined ? {} : { discriminator: raw.discriminator, variants: variants(raw) }),
  };
};

const listed = (key: string, names: readonly string[]) => (names.length === 0 ? {} : { [key]: names });

const variants = (raw: Raw): Record<string, unknown> => {
  const { discriminator = '', elements = [] } = raw;
  const tagged = elements.map((element) => {
    const tag = element.properties.find((each) => each.name === discriminator)?.type ?? '';
    return [tag, shape(discriminatedShape.parse(element))] as const;
  });
  return Object.fromEntries(tagged);
};

/** Every type name in a type expression such as `A | B[]`. */
const namesIn = (expression: string): readonly string[] =>
  expression.split(' | ').map((part) => part.replace(/(\[\])+$/, ''));

const expressionsIn = (value: unknown): readonly string[] => {
  const { properties = {}, additional, variants: tagged = {} } = value as Record<string, Record<string, string>>;
  return [...Object.values(properties), ...(additional === undefined ? [] : [String(additional)])].concat(
    Object.values(tagged).flatMap(expressionsIn),
  );
};

const trim = (path: string): void => {
  const entries = answer.parse(JSON.parse(readFileSync(path, 'utf8'))).results.BicepSchemaResult;
  const resource = entries.find((each) => each.$type === 'Resource');
  if (resource === undefined) throw new Error(`${basename(path)} describes no resource`);
  const named = new Map(
    entries.flatMap((each) =>
      each.$type === 'Object' || each.$type === 'DiscriminatedObject' ? [[each.name, each] as const] : [],
    ),
  );
  const body = shape(resource.bodyType);
  const types: Record<string, unknown> = {};
  const wanted = [...expressionsIn(body)];
  for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
    for (const name of namesIn(next)) {
      const raw = named.get(name);
      if (raw === undefined || name in types) continue;
      types[name] = shape(raw);
      wanted.push(...expressionsIn(types[name]));
    }
  }
  const [type = '', apiVersion = ''] = resource.name.split('@');
  const sorted = Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = {
    type,
    apiVersion,
    origin: 'catalogue',
    scope: resource.writableScopes,
    body: clean(body),
    types: sorted,
  };
  writeFileSync(new URL(`types/${type.replaceAll('/', '_')}.json`, import.meta.url), `${JSON.stringify(file)}\n`);
};

const clean = (body: Record<string, unknown>): Record<string, unknown> => ({
  ...body,
  readOnly: ((body['readOnly'] ?? []) as string[]).filter((name) => !IMPLIED.has(name)),
});

for (const path of process.argv.slice(2)) trim(path);
