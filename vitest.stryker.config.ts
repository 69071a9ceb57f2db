import { defineConfig } from 'vitest/config';

/** The tests of the pure rules that take milliseconds: every mutant runs those that reach it. */
export default defineConfig({
  test: {
    include: [
      'test/unit/rollout/{e-value,evidence,gates,policy,policy-edges,reduce-grid,requirement,smoke,traffic}.test.ts',
      'test/unit/rollout/rules/*.test.ts',
      'test/unit/notify/match-rules.test.ts',
      'test/unit/packaging/{canonical-json,entropy,image-name,join-small,plan-serving,stored-gzip,sweep-packages,tar}.test.ts',
      'test/unit/packaging/check-python-flavor.test.ts',
      'test/unit/conversion/judge-conversion.test.ts',
      'test/unit/packaging/environment/{check-pins,conflicts,environment-key,environment-refusals,read-environment}.test.ts',
      'test/unit/packaging/environment/{conda-file,python-version,read-environment-edges,requirement,requirement-url,requirements-file}.test.ts',
      'test/unit/packaging/wheels/{choose-wheel,combine,entry-points,install-wheel,plan-layers,platform-tags,record,resolve-rules,wheel-name}.test.ts',
      'test/unit/conversion/convert-when-asked.test.ts',
      'test/unit/{mlflow/filter,registry/filter-matching}.test.ts',
    ],
    // The rules keep nothing between tests, so their modules need not be loaded anew for every file.
    isolate: false,
    testTimeout: 5_000,
  },
});
