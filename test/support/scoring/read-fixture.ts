import { readFileSync } from 'node:fs';

/** The recorded cases of a fixture of the scoring server: JSON, one case a line. */
export const readFixture = <T>(name: 'enforcement' | 'predictions' | 'tensors'): readonly T[] =>
  readFileSync(new URL(`../../unit/scoring/fixtures/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
