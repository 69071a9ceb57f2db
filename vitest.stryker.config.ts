import { defineConfig } from 'vitest/config';

/** The tests of the pure rules that take milliseconds: every mutant runs those that reach it. */
export default defineConfig({
  test: {
    include: [
      'test/unit/rollout/{e-value,evidence,gates,policy,policy-edges,reduce-grid,requirement,smoke,traffic}.test.ts',
      'test/unit/rollout/rules/*.test.ts',
      'test/unit/notify/match-rules.test.ts',
      'test/unit/packaging/{canonical-json,entropy,image-name,join-small,plan-serving,stored-gzip,sweep-packages,tar}.test.ts',
      'test/unit/packaging/environment/{check-pins,environment-refusals,read-environment}.test.ts',
      'test/unit/packaging/wheels/{choose-wheel,install-wheel,resolve-rules}.test.ts',
      'test/unit/conversion/convert-when-asked.test.ts',
      'test/unit/{mlflow/filter,registry/filter-matching}.test.ts',
    ],
    // The rules keep nothing between tests, so their modules need not be loaded anew for every file.
    isolate: false,
    testTimeout: 5_000,
  },
});
