import { SlipwayError } from '../platform/errors.ts';
import { derivedId } from '../platform/ids.ts';
import type { RolloutPolicy } from './policy-schema.ts';

/** What a version is matched by. */
export interface Candidate {
  readonly model: string;
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What happened to a version that a policy may start a rollout on. */
export type Occasion = Exclude<RolloutPolicy['trigger'], 'manual'>;

const matchesName = (pattern: string, model: string): boolean =>
  pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;

const matchesTags = ({ selector }: RolloutPolicy, { tags }: Candidate): boolean =>
  Object.entries(selector.tags ?? {}).every(([key, value]) => tags[key] === value);

/** True when the policy is about this version: its name and every tag. */
export const matches = (policy: RolloutPolicy, candidate: Candidate): boolean =>
  matchesName(policy.selector.model, candidate.model) && matchesTags(policy, candidate);

/** `registration`, `manual`, `stage Production`, `alias challenger`. */
export const triggerText = (trigger: RolloutPolicy['trigger']): string =>
  typeof trigger === 'string' ? trigger : Object.entries(trigger).flat().join(' ');

const startsOn = ({ trigger }: RolloutPolicy, occasion: Occasion): boolean =>
  triggerText(trigger) === triggerText(occasion);

/**
 * The one policy that starts a rollout of this version on this occasion.
 *
 * @returns undefined when none does
 * @throws SlipwayError INVALID_STATE when several do: which one was meant is a person's decision
 */
export const selectPolicy = (
  policies: readonly RolloutPolicy[],
  candidate: Candidate,
  occasion: Occasion,
): RolloutPolicy | undefined => {
  const found = policies.filter((policy) => startsOn(policy, occasion) && matches(policy, candidate));
  if (found.length > 1) {
    const on = triggerText(occasion);
    throw new SlipwayError('INVALID_STATE', `several policies match ${candidate.model} on ${on}: ${namesOf(found)}`, {
      details: { model: candidate.model, version: candidate.version },
    });
  }
  return found[0];
};

/** Why no policy starts a rollout of this version on this occasion, in one sentence with the nearest policies. */
export const whyNone = (policies: readonly RolloutPolicy[], candidate: Candidate, occasion: Occasion): string => {
  const named = policies.filter(({ selector }) => matchesName(selector.model, candidate.model));
  if (named.length === 0) return `no policy is about model '${candidate.model}'`;
  const ready = named.filter((policy) => startsOn(policy, occasion));
  if (ready.length > 0) return `the version does not have the tags that these policies ask for: ${namesOf(ready)}`;
  const others = named.map(({ name, trigger }) => `${name} (${triggerText(trigger)})`).join(', ');
  return `no policy about the model starts on ${triggerText(occasion)}, but: ${others}`;
};

const namesOf = (policies: readonly RolloutPolicy[]): string => policies.map(({ name }) => name).join(', ');

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
