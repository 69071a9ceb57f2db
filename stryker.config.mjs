/** Mutation tests of the pure rules: a change of a rule that no test notices is a hole in the tests. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.stryker.config.ts', related: false },
  mutate: [
    'shared/rollout/{absorb,admit,apply-command,e-value,evidence,freeze,gates,policy,policy-rules,reduce,requirement,select-policy,smoke,traffic,transition,wake}.ts',
    'shared/rollout/rules/*.ts',
    'shared/notify/match-rules.ts',
    'shared/packaging/image/{canonical-json,stored-gzip,tar}.ts',
    'shared/packaging/model/check-model.ts',
    'shared/mlflow/filter/*.ts',
  ],
  // Only what the mutants and their tests need is copied.
  ignorePatterns: [
    '**',
    '!shared/**',
    '!functions/**',
    '!test/support/**',
    '!test/unit/{mlflow,notify,packaging,registry,rollout,tracking}/**',
    '!*.config.*',
    '!package.json',
    '!tsconfig.json',
  ],
  // Words are for people; those that decide something are compared in the grids and killed there.
  mutator: { excludedMutations: ['StringLiteral'] },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 5_000,
  ignoreStatic: true,
  thresholds: { high: 95, low: 90, break: 85 },
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: '.cache/mutation.json' },
  tempDirName: '.cache/stryker',
  cleanTempDir: 'always',
};
