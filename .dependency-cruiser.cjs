/** Who may import whom. Inner rooms never see outer ones; SDKs stay at the rim; the embedded stack stays outside production. */
const FEATURES = 'registry|tracking|artifacts|packaging|rollout|drift|notify|lineage';

/** Which other features a feature may import. */
const ALLOWED = {
  rollout: ['packaging', 'registry'],
  packaging: ['registry', 'mlflow'],
  drift: ['registry'],
  registry: ['mlflow'],
  tracking: ['mlflow'],
  artifacts: ['mlflow'],
  lineage: ['registry', 'rollout'],
  notify: [],
};

const featureRules = Object.entries(ALLOWED).map(([feature, others]) => ({
  name: `${feature}-imports-only-its-neighbours`,
  comment: `${feature} may import ${others.join(', ') || 'no other feature'}, events and platform`,
  severity: 'error',
  from: { path: `^shared/${feature}/` },
  to: {
    path: '^(shared|functions|scoring|infra)/',
    pathNot: `^shared/(${[feature, ...others, 'events', 'platform'].join('|')})/`,
  },
}));

module.exports = {
  forbidden: [
    ...featureRules,
    {
      name: 'events-see-only-platform',
      severity: 'error',
      from: { path: '^shared/events/' },
      to: { path: '^(shared|functions|scoring|infra)/', pathNot: '^shared/(events|platform)/' },
    },
    {
      name: 'mlflow-words-see-only-platform',
      comment:
        'what registry, tracking and artifacts share of MLflow’s contract: filters, orders, page tokens, tags, paths',
      severity: 'error',
      from: { path: '^shared/mlflow/' },
      to: { path: '^(shared|functions|scoring|infra)/', pathNot: '^shared/(mlflow|platform)/' },
    },
    {
      name: 'platform-sees-nothing-above-it',
      severity: 'error',
      from: { path: '^shared/platform/' },
      to: { path: '^(shared|functions|scoring|infra)/', pathNot: '^shared/platform/' },
    },
    {
      name: 'no-sdk-in-features-events-platform',
      severity: 'error',
      from: { path: `^shared/(${FEATURES}|events|platform)/` },
      to: { path: '(^|/)node_modules/@azure/' },
    },
    {
      name: 'azure-adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^shared/azure/([^/]+)/' },
      to: { path: '^shared/azure/[^/]+/', pathNot: '^shared/azure/$1/' },
    },
    {
      name: 'only-the-composition-root-sees-adapters',
      severity: 'error',
      from: { path: '^(functions/(?!clients\\.ts)|shared/(?!azure/))' },
      to: { path: '^shared/azure/' },
    },
    {
      name: 'only-main-registers-functions',
      comment: 'app registers at import; register-route is main’s own hand',
      severity: 'error',
      from: { path: '^(functions|shared)/', pathNot: '^functions/(main|http/register-route)\\.ts$' },
      to: { path: '(^|/)node_modules/@azure/functions/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'shared-does-not-see-functions',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^functions/' },
    },
    {
      name: 'production-sees-no-stack-test-or-tool',
      severity: 'error',
      from: { path: '^(functions|shared|scoring)/' },
      to: { path: '^(local|cli|console|test|infra|bench)/' },
    },
    {
      name: 'the-command-line-sees-shared-alone',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^(functions|scoring|local|console|infra|bench|test|scripts)/' },
    },
    {
      name: 'scoring-stands-alone',
      comment: 'it is shipped inside images; all it shares with the control plane is how an MLmodel file is read',
      severity: 'error',
      from: { path: '^scoring/' },
      to: {
        path: '^(functions|shared|local)/',
        pathNot: '^shared/packaging/model/(mlmodel|read-yaml|signature|refusal)\\.ts$',
      },
    },
    {
      name: 'emulators-see-only-platform',
      comment: 'an emulator that shares code with what it stands in for proves nothing',
      severity: 'error',
      from: { path: '^local/(cosmos|event-grid|machine-learning|host|azurite)/' },
      to: { path: '^(functions|shared)/', pathNot: '^shared/platform/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      from: { path: '^(functions|shared|scoring)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
