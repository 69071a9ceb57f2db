import type { Clause } from '../mlflow/filter/clause.ts';
import { compare, matches as holds, type Matched } from '../mlflow/filter/matches.ts';
import { isPrompt, PROMPT_TAG } from './prompt.ts';

/**
 * True when every clause holds. Prompts match only when a clause asks for them, and then nothing else does; not to
 * have the tag counts as `false`.
 */
export const matches = (clauses: readonly Clause[], entity: Matched): boolean => {
  const prompt = String(isPrompt(entity.tags));
  const isAboutPrompts = ({ kind, key }: Clause) => kind === 'tag' && key === PROMPT_TAG;
  const aboutPrompts = clauses.filter(isAboutPrompts);
  if (aboutPrompts.length === 0 && prompt === 'true') return false;
  return (
    aboutPrompts.every((clause) => compare(prompt, clause)) &&
    holds(
      clauses.filter((clause) => !isAboutPrompts(clause)),
      entity,
    )
  );
};
