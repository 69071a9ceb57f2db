import { beforeAll, describe, expect, it } from 'vitest';
import { announceSkip } from '../../support/require-all.ts';
import { runPython, scoringPython } from '../../support/scoring/serving.ts';

interface Written {
  readonly name: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** What the Python server writes where MLflow's own writes something that is no JSON, or means something else. */
const OWN_ANSWERS: Readonly<Record<string, unknown>> = {
  'a table': [
    { a: 1, b: 'x', c: true },
    { a: 2, b: null, c: false },
  ],
  NaN: [1.5, null, null],
  'NaN in a table': [{ a: 1.5 }, { a: null }],
  'NaN deep inside': { a: [{ b: [null] }] },
  'a missing time': [{ t: null }, { t: '2026-01-02T03:04:05' }],
  'times in an array': ['2026-01-02T03:04:05', null],
};

const { python = '', missing } = await scoringPython();
if (missing !== undefined) announceSkip("the tests of the Python server's answers", missing);

describe.skipIf(missing !== undefined)('predictions of every kind from the Python server', () => {
  let written: readonly Written[] = [];

  beforeAll(async () => {
    written = (await runPython(python, 'write_answers.py')).map((line) => JSON.parse(line) as Written);
  });

  it("are written as MLflow's own server does, but for what has no JSON form there", () => {
    expect(written).toHaveLength(26);
    for (const { name, ours, theirs } of written) {
      if (Object.hasOwn(OWN_ANSWERS, name)) expect(theirs, name).not.toEqual(ours);
      expect(ours, name).toEqual(OWN_ANSWERS[name] ?? theirs);
    }
  });

  it('are refused as a failure of the model when they have no JSON form', () => {
    const refused = written.filter(({ ours }) => (ours as { refused?: boolean } | null)?.refused === true);

    expect(refused.map(({ name }) => name)).toEqual(['a set', 'itself']);
  });
});
