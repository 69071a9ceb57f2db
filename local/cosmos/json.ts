export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value under a path of property names, or undefined when a step is missing. */
export const valueAt = (value: Json | undefined, path: readonly string[]): Json | undefined => {
  let current: Json | undefined = value;
  for (const step of path) {
    if (!isJsonObject(current)) return undefined;
    current = Object.hasOwn(current, step) ? current[step] : undefined;
  }
  return current;
};

/** `/address/city` as its property names; a name may be quoted, as in `/"first name"`. */
export const pathSteps = (path: string): readonly string[] =>
  path
    .split('/')
    .filter((step) => step !== '')
    .map((step) => (step.startsWith('"') ? step.slice(1, -1) : step));
