import { checkLength } from '../mlflow/check-length.ts';
import { invalid } from '../mlflow/invalid.ts';
import { WORD } from '../mlflow/tags.ts';
import { STAGES, type Stage } from './model.ts';

const MAX_NAME = 256;
const MAX_ALIAS = 255;
export const MAX_DESCRIPTION = 10_000;
export const MAX_SOURCE = 2_000;
export const MAX_RUN_LINK = 2_000;
const MAX_RUN_ID = 256;

const ALIAS = new RegExp(`^[${WORD}\\p{M}-]+$`, 'u');
const RESERVED_ALIAS = /^(latest|v\d+)$/i;

/** @throws SlipwayError INVALID_PARAMETER_VALUE for an empty or overlong name and for `/` and `:`, which no `models:/` URI can hold */
export const checkModelName = (name: string): string => {
  if (name.trim() === '') throw invalid('Registered model name cannot be empty.');
  if (name.length > MAX_NAME) throw invalid(`'name' exceeds the maximum length of ${MAX_NAME} characters`);
  if (/[/:]/.test(name)) throw invalid(`Invalid model name: '${name}'. A name cannot contain '/' or ':'.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (!name.isWellFormed() || /[\u0000-\u001f\u007f]/.test(name)) {
    throw invalid('Invalid model name: a name cannot contain control characters or broken Unicode.');
  }
  return name;
};

/** @throws SlipwayError INVALID_PARAMETER_VALUE for an alias outside MLflow's rules */
export const checkAlias = (alias: string): string => {
  if (alias.length > MAX_ALIAS) throw invalid(`'alias' exceeds the maximum length of ${MAX_ALIAS} characters`);
  if (!ALIAS.test(alias)) {
    throw invalid(`Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), dashes (-).`);
  }
  return alias;
};

/** @throws SlipwayError INVALID_PARAMETER_VALUE for what `models:/name@alias` would confuse with a version */
export const checkNewAlias = (alias: string): string => {
  checkAlias(alias);
  if (alias.toLowerCase() === 'latest') throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (RESERVED_ALIAS.test(alias)) {
    throw invalid(`Version alias name '${alias}' is reserved: 'v' and digits would look like a version.`);
  }
  return alias;
};

/** The number of a version as Python's `int` reads it; what is no integer we can hold matches no version. */
export const parseVersion = (text: string): number => {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw invalid(`Parameter 'version' must be an integer, got '${text}'.`);
  return Number(text);
};

/** The stage, whatever its case was. */
export const parseStage = (text: string): Stage => {
  const stage = STAGES.find((known) => known.toLowerCase() === text.toLowerCase());
  if (stage !== undefined) return stage;
  throw invalid(`Invalid Model Version stage: ${text}. Value must be one of ${STAGES.join(', ')}.`);
};

export const checkDescription = (text: string): string => checkLength('description', text, MAX_DESCRIPTION);
export const checkRunId = (text: string): string => checkLength('run_id', text, MAX_RUN_ID);
