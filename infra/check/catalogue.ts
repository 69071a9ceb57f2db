import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';

/** An object of the service: names and type expressions such as `A | string`, `Rule[]`. */
const shape = z.object({
  properties: z.record(z.string(), z.string()),
  required: z.array(z.string()).default([]),
  readOnly: z.array(z.string()).default([]),
  /** Type of the values of any other key. */
  additional: z.string().optional(),
});
const variantShape = shape.extend({
  /** Property whose literal picks the variant. */
  discriminator: z.string().optional(),
  variants: z.record(z.string(), shape).default({}),
});

const resourceType = z.object({
  type: z.string(),
  apiVersion: z.string(),
  /** Where the file comes from: the published catalogue of types, or written by hand after it. */
  origin: z.enum(['catalogue', 'hand']),
  scope: z.string(),
  body: variantShape,
  types: z.record(z.string(), variantShape),
});

export type Shape = z.output<typeof shape>;
export type VariantShape = z.output<typeof variantShape>;
export type ResourceType = z.output<typeof resourceType>;

const FOLDER = new URL('../types/', import.meta.url);

/** Every resource type that is known offline, by name in lower case. */
export const loadCatalogue = (): ReadonlyMap<string, ResourceType> => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const types = files.map((name) => resourceType.parse(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))));
  return new Map(types.map((type) => [type.type.toLowerCase(), type]));
};
