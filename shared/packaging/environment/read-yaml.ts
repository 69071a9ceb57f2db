import type * as z from 'zod';
import * as yaml from '../model/read-yaml.ts';
import { EnvironmentRefused } from './environment-refusal.ts';

/** Characters; conda writes a few KiB. */
const MAX_LENGTH = 1024 * 1024;

/**
 * A YAML file whose every scalar is the text that stands there, so that `3.10` is not a number.
 *
 * @throws EnvironmentRefused `environment-unreadable`
 */
export const readYaml = <Schema extends z.ZodType>(schema: Schema, text: string, file: string): z.output<Schema> => {
  if (text.length > MAX_LENGTH) throw unreadable(file, 'it is larger than 1 MiB');
  const read = yaml.readYaml(text, { scalars: 'text' });
  // Why, in more words, would show part of the file, and so perhaps a credential.
  if (read.kind === 'unreadable') throw unreadable(file, read.code);
  const parsed = schema.safeParse(read.value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unreadable(file, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'invalid'}`);
};

const unreadable = (file: string, why: string) =>
  new EnvironmentRefused(
    'environment-unreadable',
    file,
    `cannot be read as YAML (${why})`,
    'Log the model again with MLflow.',
  );
