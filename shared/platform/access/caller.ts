import { SlipwayError } from '../errors.ts';
import { type Grant, grantsText, inScope, type ModelScope, scopeOf } from './grant.ts';
import { includesRole, type Role } from './role.ts';

/** Who calls and what he may do. */
export interface Caller {
  /** Who it is, for people and the journal; `anonymous` when nobody was asked. */
  readonly actor: string;
  readonly grants: readonly Grant[];
  /** The models for which the caller has the role or a higher one. */
  scope(role: Role): ModelScope;
  /** True when the caller has the role for the model; without a model, when he has it for any. */
  may(role: Role, model?: string): boolean;
  /** @throws SlipwayError PERMISSION_DENIED when the caller may not, naming who he is and what he lacks */
  require(role: Role, model?: string): void;
  /** For what all models share. @throws SlipwayError PERMISSION_DENIED when the role is limited to some models */
  requireForAll(role: Role): void;
}

/** A caller with these grants. */
export const createCaller = (actor: string, grants: readonly Grant[]): Caller => {
  const scope = (role: Role): ModelScope => scopeOf(grants, role);
  const may = (role: Role, model?: string): boolean =>
    model === undefined ? grants.some((grant) => includesRole(grant.role, role)) : inScope(scope(role), model);
  return {
    actor,
    grants,
    scope,
    may,
    require(role, model) {
      if (!may(role, model)) throw denied({ actor, grants }, role, model === undefined ? '' : ` on model '${model}'`);
    },
    requireForAll(role) {
      if (scope(role) !== 'all') throw denied({ actor, grants }, role, ' on all models');
    },
  };
};

const denied = ({ actor, grants }: Pick<Caller, 'actor' | 'grants'>, role: Role, where: string): SlipwayError =>
  new SlipwayError(
    'PERMISSION_DENIED',
    `this needs the role ${role}${where}; you are '${actor}' and have ${grantsText(grants)}`,
    { details: { role, actor } },
  );

/** Everybody, where nobody is asked who he is. */
export const ANONYMOUS = 'anonymous';
