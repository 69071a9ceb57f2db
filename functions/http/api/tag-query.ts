import * as z from 'zod';
import type { Clause } from '../../../shared/mlflow/filter/clause.ts';

const MOST_TAGS = 10;

/** The first `=` splits: a value may have more. A name alone asks for any value. */
const clauseOf = (text: string): Clause => {
  const at = text.indexOf('=');
  if (at < 0) return { kind: 'tag', key: text, comparator: 'LIKE', value: '%' };
  return { kind: 'tag', key: text.slice(0, at), comparator: '=', value: text.slice(at + 1) };
};

const tag = z
  .string()
  .regex(/^[^=]/, 'write name=value, or the name alone for any value, as in tag=team=cardio&tag=reviewed')
  .transform(clauseOf);

/** The query parameter `tag`, once or several times: every one of them must be there. */
export const tagQuery = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat())
  .pipe(z.array(tag).max(MOST_TAGS, `at most ${MOST_TAGS} tags can be asked for at once`))
  .optional()
  .describe('`name=value`, or `name` for any value. Several must all be there.');
