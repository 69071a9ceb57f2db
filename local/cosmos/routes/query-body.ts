import * as z from 'zod';
import { badRequest } from '../cosmos-error.ts';
import type { Json } from '../json.ts';

const queryBody = z.object({
  query: z.string().min(1),
  parameters: z.array(z.object({ name: z.string(), value: z.json().optional() })).default([]),
});

/** @throws CosmosError 400 for a body that is no query */
export const parseQueryBody = (
  body: unknown,
): { readonly query: string; readonly parameters: ReadonlyMap<string, Json> } => {
  const parsed = queryBody.safeParse(body);
  if (!parsed.success) throw badRequest(`The query is not valid: ${z.prettifyError(parsed.error)}`);
  const parameters = new Map<string, Json>();
  for (const { name, value } of parsed.data.parameters) {
    if (value !== undefined) parameters.set(name, value as Json);
  }
  return { query: parsed.data.query, parameters };
};
