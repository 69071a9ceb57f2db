import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONFIG = join(ROOT, '.dependency-cruiser.cjs');
const DEPCRUISE = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

interface Plant {
  readonly rule: string;
  readonly from: string;
  /** A file of ours, or a package. */
  readonly to: string;
  readonly typeOnly?: boolean;
}

/** One import per rule that the rule must catch. Files that only receive imports are made as well. */
const VIOLATIONS: readonly Plant[] = [
  { rule: 'rollout-imports-only-its-neighbours', from: 'shared/rollout/a.ts', to: 'shared/drift/target.ts' },
  { rule: 'rollout-imports-only-its-neighbours', from: 'shared/rollout/b.ts', to: 'shared/notify/target.ts' },
  { rule: 'packaging-imports-only-its-neighbours', from: 'shared/packaging/a.ts', to: 'shared/rollout/target.ts' },
  { rule: 'drift-imports-only-its-neighbours', from: 'shared/drift/a.ts', to: 'shared/rollout/target.ts' },
  { rule: 'registry-imports-only-its-neighbours', from: 'shared/registry/a.ts', to: 'shared/packaging/target.ts' },
  { rule: 'tracking-imports-only-its-neighbours', from: 'shared/tracking/a.ts', to: 'shared/registry/target.ts' },
  { rule: 'artifacts-imports-only-its-neighbours', from: 'shared/artifacts/a.ts', to: 'shared/registry/target.ts' },
  { rule: 'lineage-imports-only-its-neighbours', from: 'shared/lineage/a.ts', to: 'shared/tracking/target.ts' },
  { rule: 'notify-imports-only-its-neighbours', from: 'shared/notify/a.ts', to: 'shared/registry/target.ts' },
  { rule: 'notify-imports-only-its-neighbours', from: 'shared/notify/b.ts', to: 'shared/azure/blob/target.ts' },
  {
    rule: 'notify-imports-only-its-neighbours',
    from: 'shared/notify/c.ts',
    to: 'shared/registry/target.ts',
    typeOnly: true,
  },
  { rule: 'events-see-only-platform', from: 'shared/events/a.ts', to: 'shared/rollout/target.ts' },
  { rule: 'mlflow-words-see-only-platform', from: 'shared/mlflow/a.ts', to: 'shared/registry/target.ts' },
  { rule: 'platform-sees-nothing-above-it', from: 'shared/platform/a.ts', to: 'shared/events/target.ts' },
  { rule: 'no-sdk-in-features-events-platform', from: 'shared/rollout/sdk.ts', to: '@azure/cosmos' },
  { rule: 'no-sdk-in-features-events-platform', from: 'shared/platform/sdk.ts', to: '@azure/cosmos', typeOnly: true },
  {
    rule: 'azure-adapters-do-not-know-each-other',
    from: 'shared/azure/cosmos/a.ts',
    to: 'shared/azure/blob/target.ts',
  },
  { rule: 'only-the-composition-root-sees-adapters', from: 'functions/http/a.ts', to: 'shared/azure/blob/target.ts' },
  { rule: 'only-the-composition-root-sees-adapters', from: 'shared/registry/b.ts', to: 'shared/azure/blob/target.ts' },
  { rule: 'only-main-registers-functions', from: 'functions/queues/a.ts', to: '@azure/functions' },
  { rule: 'shared-does-not-see-functions', from: 'shared/registry/c.ts', to: 'functions/target.ts' },
  { rule: 'production-sees-no-stack-test-or-tool', from: 'functions/timers/a.ts', to: 'local/target.ts' },
  { rule: 'production-sees-no-stack-test-or-tool', from: 'shared/platform/b.ts', to: 'test/target.ts' },
  { rule: 'production-sees-no-stack-test-or-tool', from: 'scoring/b.ts', to: 'local/target.ts' },
  { rule: 'the-command-line-sees-shared-alone', from: 'cli/a.ts', to: 'local/target.ts' },
  { rule: 'production-sees-no-stack-test-or-tool', from: 'shared/platform/c.ts', to: 'cli/target.ts' },
  { rule: 'scoring-stands-alone', from: 'scoring/a.ts', to: 'shared/platform/target.ts' },
  { rule: 'emulators-see-only-platform', from: 'local/cosmos/a.ts', to: 'shared/azure/cosmos/target.ts' },
  { rule: 'emulators-see-only-platform', from: 'local/host/a.ts', to: 'functions/target.ts' },
  { rule: 'no-circular', from: 'shared/platform/one.ts', to: 'shared/platform/two.ts' },
  { rule: 'no-dev-dependency-in-production', from: 'functions/feeds/a.ts', to: 'croner' },
];

/** The way back of the cycle, which is reported once. */
const WAY_BACK = { from: 'shared/platform/two.ts', to: 'shared/platform/one.ts' };

/** Imports that are as they should be. */
const ALLOWED: readonly Omit<Plant, 'rule'>[] = [
  { from: 'shared/rollout/fine.ts', to: 'shared/packaging/target.ts' },
  { from: 'shared/rollout/fine-too.ts', to: 'shared/registry/target.ts' },
  { from: 'shared/packaging/fine.ts', to: 'shared/registry/target.ts' },
  { from: 'shared/drift/fine.ts', to: 'shared/registry/target.ts' },
  { from: 'shared/registry/fine.ts', to: 'shared/mlflow/target.ts' },
  { from: 'shared/tracking/fine.ts', to: 'shared/mlflow/target.ts' },
  { from: 'shared/artifacts/fine.ts', to: 'shared/mlflow/target.ts' },
  { from: 'shared/notify/fine.ts', to: 'shared/events/target.ts' },
  { from: 'shared/events/fine.ts', to: 'shared/platform/target.ts' },
  { from: 'shared/azure/cosmos/fine.ts', to: '@azure/cosmos' },
  { from: 'shared/azure/blob/fine.ts', to: 'shared/packaging/target.ts' },
  { from: 'functions/clients.ts', to: 'shared/azure/blob/target.ts' },
  { from: 'functions/main.ts', to: '@azure/functions' },
  { from: 'functions/events/fine.ts', to: '@azure/functions', typeOnly: true },
  { from: 'functions/http/fine.ts', to: 'shared/rollout/target.ts' },
  { from: 'cli/fine.ts', to: 'shared/azure/blob/target.ts' },
  { from: 'local/cosmos/fine.ts', to: 'shared/platform/target.ts' },
  { from: 'local/stack/fine.ts', to: 'shared/events/target.ts' },
  { from: 'local/host/fine.ts', to: 'croner' },
];

const PACKAGES = {
  dependencies: { '@azure/cosmos': '1.0.0', '@azure/functions': '1.0.0' },
  devDependencies: { croner: '1.0.0' },
};

let house = '';
let violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[] = [];

const write = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(join(house, path)), { recursive: true });
  await writeFile(join(house, path), content);
};

const importOf = ({ from, to, typeOnly = false }: Omit<Plant, 'rule'>): string => {
  const up = '../'.repeat(from.split('/').length - 1);
  const target = to.endsWith('.ts') ? `${up}${to}` : to;
  return typeOnly
    ? `import type { value } from '${target}';\nexport type Own = typeof value;\n`
    : `import { value } from '${target}';\nexport const own = value;\n`;
};

const build = async (): Promise<void> => {
  const plants = [...VIOLATIONS, WAY_BACK, ...ALLOWED];
  await write('package.json', JSON.stringify({ type: 'module', ...PACKAGES }));
  await write(
    'tsconfig.json',
    '{"compilerOptions":{"module":"NodeNext","allowImportingTsExtensions":true,"noEmit":true}}',
  );
  for (const name of Object.keys({ ...PACKAGES.dependencies, ...PACKAGES.devDependencies })) {
    await write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }),
    );
    await write(`node_modules/${name}/index.js`, 'export const value = 1;\n');
  }
  for (const { to } of plants.filter((each) => each.to.endsWith('/target.ts')))
    await write(to, 'export const value = 1;\n');
  for (const plant of plants) await write(plant.from, importOf(plant));
};

const cruise = async (): Promise<typeof violations> => {
  const rooms = ['functions', 'shared', 'local', 'scoring', 'cli'];
  const args = [DEPCRUISE, ...rooms, '--config', CONFIG, '--output-type', 'json'];
  // It ends with the number of errors as its exit code; the report is on standard output all the same.
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: house, maxBuffer: 1e8 }).catch(
    (error: { stdout: string }) => error,
  );
  return (JSON.parse(stdout) as { summary: { violations: typeof violations } }).summary.violations;
};

describe('the rules about imports', () => {
  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), 'slipway-dependencies-'));
    await build();
    violations = await cruise();
  }, 60_000);
  afterAll(() => rm(house, { recursive: true, force: true }));

  it('are each tried with a violation', () => {
    const { forbidden } = createRequire(import.meta.url)(CONFIG) as { forbidden: { name: string; severity: string }[] };

    expect([...new Set(VIOLATIONS.map(({ rule }) => rule))]).toEqual(forbidden.map(({ name }) => name));
    expect(forbidden.filter(({ severity }) => severity !== 'error')).toEqual([]);
  });

  it.each(VIOLATIONS.map(({ rule, from, to }) => [rule, from, to] as const))('%s: catches %s → %s', (rule, from) => {
    expect(violations.filter((each) => each.from === from).map((each) => each.rule.name)).toContain(rule);
  });

  it.each(ALLOWED.map(({ from, to }) => [from, to] as const))('let %s → %s pass', (from) => {
    expect(violations.filter((each) => each.from === from)).toEqual([]);
  });
});
