import { parseDocument } from 'yaml';
import type * as z from 'zod';
import { EnvironmentRefused } from './environment-refusal.ts';

/** Characters; conda writes a few KiB. */
const MAX_LENGTH = 1024 * 1024;

/** Aliases may stand for at most this many nodes in all; nobody writes any. */
const MAX_ALIAS_COUNT = 100;

/** Levels of brackets or indentation that are still read; keeps a hostile file from exhausting the stack. */
const MAX_NESTING = 50;

/**
 * A YAML file whose every scalar is the text that stands there, so that `3.10` is not a number.
 *
 * @throws EnvironmentRefused `environment-unreadable`
 */
export const readYaml = <Schema extends z.ZodType>(schema: Schema, text: string, file: string): z.output<Schema> => {
  const parsed = schema.safeParse(parse(text, file));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unreadable(file, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'invalid'}`);
};

const parse = (text: string, file: string): unknown => {
  if (text.length > MAX_LENGTH) throw unreadable(file, 'it is larger than 1 MiB');
  if (nestsTooDeeply(text)) throw unreadable(file, `it is nested more than ${MAX_NESTING} levels deep`);
  try {
    const document = parseDocument(text, { schema: 'failsafe', customTags: [], uniqueKeys: false });
    // The message shows the line, and so perhaps a credential.
    const problem = document.errors[0];
    if (problem !== undefined) throw new Error(problem.code);
    return document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (cause) {
    throw unreadable(file, cause instanceof RangeError ? 'it nests too deeply' : (cause as Error).message);
  }
};

const nestsTooDeeply = (text: string): boolean => {
  let depth = 0;
  for (const bracket of text.matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === '[' || bracket[0] === '{' ? 1 : -1;
    if (depth > MAX_NESTING) return true;
  }
  return new RegExp(`^(?: {${MAX_NESTING * 4}}|(?:- ){${MAX_NESTING}})`, 'm').test(text);
};

const unreadable = (file: string, why: string) =>
  new EnvironmentRefused(
    'environment-unreadable',
    file,
    `cannot be read as YAML (${why})`,
    'Log the model again with MLflow.',
  );
