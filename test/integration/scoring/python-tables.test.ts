import { beforeAll, describe, expect, it } from 'vitest';
import { announceSkip } from '../../support/require-all.ts';
import { runPython, scoringPython } from '../../support/scoring/serving.ts';

interface Read {
  readonly case: string;
  /** Types and values, or the error. */
  readonly ours: string;
  readonly theirs: string;
  /** Whether the cast was left out. */
  readonly fits: boolean;
}

const { python = '', missing } = await scoringPython();
if (missing !== undefined) announceSkip("the tests of the Python server's tables", missing);

describe.skipIf(missing !== undefined)('tables that the Python server reads', () => {
  let tables: readonly Read[] = [];

  beforeAll(async () => {
    tables = (await runPython(python, 'compare_tables.py')).map((line) => JSON.parse(line) as Read);
  });

  it("are those of MLflow's own reader, in types, values and errors, also where no column is cast", () => {
    expect(tables.filter(({ fits }) => fits).length).toBeGreaterThan(50);
    expect(tables.filter(({ fits }) => !fits).length).toBeGreaterThan(500);
    for (const table of tables) expect(table.ours, table.case).toBe(table.theirs);
  });
});
