import { defineConfig } from 'vitest/config';

/** The tests of the pure rules that take milliseconds: every mutant runs those that reach it. */
export default defineConfig({
  test: {
    include: [
      'test/unit/rollout/{e-value,evidence,gates,policy,policy-edges,reduce-grid,requirement,smoke,traffic}.test.ts',
      'test/unit/rollout/rules/*.test.ts',
      'test/unit/notify/match-rules.test.ts',
      'test/unit/packaging/{canonical-json,plan-serving,stored-gzip,tar}.test.ts',
      'test/unit/{mlflow/filter,registry/filter-matching}.test.ts',
    ],
    // The rules keep nothing between tests, so their modules need not be loaded anew for every file.
    isolate: false,
    testTimeout: 5_000,
  },
});
