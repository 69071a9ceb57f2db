/**
 * What a caller may do, each role all that the ones before it may: read; register models and log runs; roll out, and
 * set policies and alerts; give access to others.
 */
export const ROLES = ['reader', 'publisher', 'operator', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** True when `role` may do what `wanted` may. */
export const includesRole = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted);
