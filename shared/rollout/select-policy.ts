import { SlipwayError } from '../platform/errors.ts';
import { derivedId } from '../platform/ids.ts';
import type { RolloutPolicy } from './policy-schema.ts';

/** What a version is matched by. */
export interface Candidate {
  readonly model: string;
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
}

const matchesName = (pattern: string, model: string): boolean =>
  pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;

/** True when the policy is about this version: its name and every tag. */
export const matches = ({ selector }: RolloutPolicy, { model, tags }: Candidate): boolean =>
  matchesName(selector.model, model) &&
  Object.entries(selector.tags ?? {}).every(([key, value]) => tags[key] === value);

/**
 * The one automatic policy that asks for this version.
 *
 * @returns undefined when none does
 * @throws SlipwayError INVALID_STATE when several do: which one was meant is a person's decision
 */
export const selectPolicy = (policies: readonly RolloutPolicy[], candidate: Candidate): RolloutPolicy | undefined => {
  const found = policies.filter((policy) => policy.trigger === 'auto' && matches(policy, candidate));
  if (found.length > 1) {
    const names = found.map(({ name }) => name).join(', ');
    throw new SlipwayError('INVALID_STATE', `several policies match ${candidate.model}: ${names}`, {
      details: { model: candidate.model, version: candidate.version },
    });
  }
  return found[0];
};

const LONGEST_NAME = 32;
const SUFFIX_LENGTH = 5;

/**
 * The endpoint that a policy rolls a model out to. A model name that is no endpoint name is made one, with a suffix
 * that keeps two such names apart.
 *
 * @returns 3 to 32 letters, digits and single dashes, beginning with a letter
 */
export const endpointNameFor = ({ selector }: RolloutPolicy, model: string): string => {
  const wanted = selector.endpoint.replaceAll('{model}', model);
  if (/^[A-Za-z](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){2,31}$/.test(wanted)) return wanted;
  const letters = wanted.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^[^A-Za-z]+/g, '');
  const base = (letters === '' ? 'model' : letters).slice(0, LONGEST_NAME - SUFFIX_LENGTH).replace(/-+$/, '');
  return `${base}-${derivedId('ep', wanted).slice(-(SUFFIX_LENGTH - 1))}`;
};
