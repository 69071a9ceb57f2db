import type { Tag } from '../mlflow/tags.ts';

/** MLflow keeps prompts in the tables of models and tells them apart by this tag. */
export const PROMPT_TAG = 'mlflow.prompt.is_prompt';

/** True for the tags of a prompt or of a version of one. */
export const isPrompt = (tags: readonly Tag[]): boolean =>
  tags.some(({ key, value }) => key === PROMPT_TAG && value.toLowerCase() === 'true');
