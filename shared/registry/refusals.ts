import { SlipwayError } from '../platform/errors.ts';

/** The refusals of the registry, in MLflow's words: its users and their tests match on them. */

export const modelNotFound = (name: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);

export const versionNotFound = (name: string, version: number | string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${version}) not found`);

export const aliasNotFound = (alias: string): SlipwayError =>
  new SlipwayError('INVALID_PARAMETER_VALUE', `Registered model alias ${alias} not found.`);

/** @param holds what has the name, @param wants what was to get it */
export const nameTaken = (name: string, holds: NameHolder, wants: NameHolder): SlipwayError =>
  new SlipwayError(
    'RESOURCE_ALREADY_EXISTS',
    holds === wants
      ? `${holds} (name=${name}) already exists.`
      : `The name '${name}' is taken by a ${holds}: a ${wants} cannot have the same name, it already exists.`,
  );

export type NameHolder = 'Registered Model' | 'Prompt';
