import * as z from 'zod';
import { includesRole, ROLES, type Role } from './role.ts';

const MOST_PATTERNS = 50;
const MOST_GRANTS = 20;

const pattern = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^*]*\*?$/, 'may have one `*`, as its last character');

/** A role, for all models or only for those whose names match one of the patterns. */
export const grantSchema = z
  .strictObject({
    role: z.enum(ROLES),
    models: z
      .array(pattern)
      .min(1)
      .max(MOST_PATTERNS)
      .readonly()
      .optional()
      .describe('Names of models; a trailing `*` matches every name that begins so. Absent: all models.'),
  })
  .refine(({ role, models }) => role !== 'admin' || models === undefined, {
    path: ['models'],
    error: 'an admin gives access to everything: leave `models` out',
  });

export const grantsSchema = z.array(grantSchema).min(1).max(MOST_GRANTS).readonly();

export type Grant = z.output<typeof grantSchema>;

/** The models that somebody may do something with: all, or those that match one of the patterns. */
export type ModelScope = 'all' | readonly string[];

/** What grants of a role or a higher one cover. */
export const scopeOf = (grants: readonly Grant[], role: Role): ModelScope => {
  const fitting = grants.filter((grant) => includesRole(grant.role, role));
  if (fitting.some(({ models }) => models === undefined)) return 'all';
  return [...new Set(fitting.flatMap(({ models = [] }) => models))];
};

/**
 * True when a model is in the scope. A pattern is, too, when every name it matches is: compared as a text it then
 * begins as the pattern in the scope does.
 */
export const inScope = (scope: ModelScope, model: string): boolean =>
  scope === 'all' ||
  scope.some((pattern) => (pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model));

/** Grants in one line for people, such as `publisher on heart-*, reader on all models`. */
export const grantsText = (grants: readonly Grant[]): string =>
  grants.length === 0
    ? 'no role'
    : grants.map(({ role, models }) => `${role} on ${models?.join(' ') ?? 'all models'}`).join(', ');
