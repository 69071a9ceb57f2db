import { type Json, type JsonObject, pathSteps, valueAt } from '../json.ts';
import type { ContainerDefinition } from './container-definition.ts';

/** What each unique key constraint makes of a document. A missing value counts as null, as in the service. */
export const uniqueKeysOf = (
  definition: Pick<ContainerDefinition, 'uniqueKeyPolicy'>,
  document: JsonObject,
): readonly string[] =>
  (definition.uniqueKeyPolicy?.uniqueKeys ?? []).map(({ paths }, index) => {
    const values = paths.map((path): Json => valueAt(document, pathSteps(path)) ?? null);
    return `${index}:${JSON.stringify(values)}`;
  });
