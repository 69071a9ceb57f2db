/** Mutation tests of the pure rules: a change of a rule that no test notices is a hole in the tests. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.stryker.config.ts', related: false },
  mutate: [
    'shared/rollout/{absorb,admit,apply-command,e-value,evidence,freeze,gates,policy,policy-rules,reduce,requirement,select-policy,smoke,traffic,transition,wake}.ts',
    'shared/rollout/rules/*.ts',
    'shared/notify/match-rules.ts',
    'shared/packaging/conversion/judge-conversion.ts',
    'shared/packaging/environment/{check-pins,conda-file,conflicts,environment-key,python-version,read-environment,requirement,requirement-url,requirements-file}.ts',
    'shared/packaging/environment/wheels/{combine,entry-points,plan-install,plan-layers,platform-tags,record,wheel-name}.ts',
    'shared/packaging/image/{canonical-json,entropy,image-name,join-small,stored-gzip,tar}.ts',
    'shared/packaging/model/{check-listing,check-python-flavor,plan-serving}.ts',
    'shared/packaging/sweep/retention.ts',
    'shared/mlflow/filter/*.ts',
  ],
  // Only what the mutants and their tests need is copied.
  ignorePatterns: [
    '**',
    '!shared/**',
    '!functions/**',
    '!test/support/**',
    '!test/unit/{conversion,mlflow,notify,packaging,registry,rollout,tracking}/**',
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
