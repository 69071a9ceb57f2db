import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { bundle } from '../../scripts/bundle.mjs';
import type { Lock } from '../../shared/packaging/environment/lock.ts';
import { resolveEnvironment } from '../../shared/packaging/environment/resolve/resolve-environment.ts';
import { uvBinary } from '../../shared/packaging/environment/resolve/uv-binary.ts';
import { createHttpIndex } from '../../shared/packaging/environment/wheels/http-index.ts';
import { openWheels } from '../../shared/packaging/environment/wheels/open-wheels.ts';
import { createFolderWheelCache } from '../../shared/packaging/environment/wheels/wheel-cache.ts';
import { createEgress } from '../../shared/platform/http/egress.ts';
import { startRegistryServer } from '../../test/support/packaging/registry-server.ts';
import { machine } from '../support/machine.ts';
import { run } from '../support/run.ts';

/** From a lock and the wheels it names to an image in a registry: ours beside pip, tar and crane. */
const { requirements, python, runs, write } = new Command()
  .option('--requirements <list>', 'with commas', 'scikit-learn==1.7.2,pandas==2.3.3,flask==3.1.2,gunicorn==23.0.0')
  .option('--python <minor>', 'which must be on PATH', '3.11')
  .option('--runs <n>', 'of each; medians are reported', Number, 5)
  .option('--write <file>', 'write the table into this Markdown file')
  .parse()
  .opts<{ requirements: string; python: string; runs: number; write?: string }>();

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-environment-'));
const cacheFolder = path('.cache/wheels');
const wheels = join(folder, 'wheels');
const program = join(folder, 'build.mjs');

interface Sample {
  readonly seconds: number;
  /** Of user and system, of the tool and all it starts; the registry's are not in it. */
  readonly cpuSeconds: number;
  readonly rssMiB?: number;
  readonly digest?: string;
}

const prepare = async (): Promise<Lock> => {
  const cache = createFolderWheelCache(cacheFolder);
  const index = createHttpIndex({ url: 'https://pypi.org/simple', egress: createEgress('allow') });
  const resolved = await resolveEnvironment(
    { uv: uvBinary({ cache, indexes: [index] }), cache },
    { requirements: requirements.split(','), constraints: [], pre: false, server: [], python, indexes: [index] },
  );
  if (resolved.kind === 'failed') throw new Error(resolved.message);
  const { lock } = resolved;
  const opened = await openWheels({ cache, indexes: [index] }, lock);
  if ('wheels' in opened) await opened.close();
  await mkdir(wheels);
  for (const { fileName = '', sha256s } of lock.packages) {
    const [sha256 = ''] = sha256s;
    await copyFile(join(cacheFolder, sha256.slice(0, 2), `${sha256}.whl`), join(wheels, fileName));
  }
  await writeFile(join(folder, 'lock.json'), JSON.stringify(lock));
  await writeFile(join(folder, 'requirements.lock'), lock.text);
  return lock;
};

/** Runs a program as a shell does, which also tells the processor time of it and its children. */
const runTimed = async (program: string, args: readonly string[]) => {
  const { stdout, stderr } = await run('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', program, ...args]);
  const [user = 0, system = 0] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return { stdout, cpuSeconds: user + system };
};

const timed = async (push: () => Promise<Omit<Sample, 'seconds'>>): Promise<Sample> => {
  const began = performance.now();
  const rest = await push();
  return { seconds: (performance.now() - began) / 1000, ...rest };
};

const ours = (registry: string, facts: string) => async () => {
  const { stdout, cpuSeconds } = await runTimed(process.execPath, [
    program,
    ...['--registry', `http://${registry}`, '--lock', join(folder, 'lock.json'), '--cache', cacheFolder],
    ...['--facts', facts, '--server', path('scoring/python'), '--key', 'bench'],
  ]);
  return { ...(JSON.parse(stdout) as { readonly digest: string; readonly rssMiB: number }), cpuSeconds };
};

/** The least that pip users do: install from local files, pack, append to nothing. */
const pip = (registry: string, own: string) => async () => {
  const target = join(own, 'root', `opt/env/lib/python${python}/site-packages`);
  await rm(own, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const installed = await runTimed(`python${python}`, [
    ...[
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-compile',
      '--no-deps',
      '--require-hashes',
    ],
    ...['--no-index', '--find-links', wheels, '--target', target, '-r', join(folder, 'requirements.lock')],
  ]);
  const packed = await runTimed('tar', ['-C', join(own, 'root'), '-cf', join(own, 'layer.tar'), '.']);
  const pushed = await runTimed('crane', [
    'append',
    '--insecure',
    '-f',
    join(own, 'layer.tar'),
    '-t',
    `${registry}/env:bench`,
  ]);
  const { stdout } = await run('crane', ['digest', '--insecure', `${registry}/env:bench`]);
  const cpuSeconds = installed.cpuSeconds + packed.cpuSeconds + pushed.cpuSeconds;
  return { digest: stdout.trim(), cpuSeconds };
};

const tools = { slipway: ours, 'pip, tar, crane append': pip } as const;

/** Into an empty registry, and the same again. */
const measureTool = async (tool: keyof typeof tools): Promise<readonly [Sample, Sample]> => {
  const registry = await startRegistryServer();
  const own = await mkdtemp(join(folder, 'own-'));
  try {
    const push = tools[tool](registry.host, own);
    return [await timed(push), await timed(push)];
  } finally {
    await registry.close();
    await rm(own, { recursive: true, force: true });
  }
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const samples = new Map<keyof typeof tools, (readonly [Sample, Sample])[]>();
let lock: Lock;
try {
  lock = await prepare();
  await bundle(fileURLToPath(new URL('./environment/build.ts', import.meta.url)), program);
  const names = Object.keys(tools) as (keyof typeof tools)[];
  // In turns, so that what else the machine does hits both alike.
  for (let turn = 1; turn <= runs; turn += 1) {
    for (const name of names) samples.set(name, [...(samples.get(name) ?? []), await measureTool(name)]);
    process.stderr.write(`run ${turn} of ${runs}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const rows = [...samples].map(([name, pairs]) => {
  const seconds = (at: 0 | 1): string => median(pairs.map((pair) => pair[at].seconds)).toFixed(2);
  const cpu = (at: 0 | 1): string => median(pairs.map((pair) => pair[at].cpuSeconds)).toFixed(2);
  const rss = pairs[0]?.[0].rssMiB === undefined ? '' : String(median(pairs.map(([first]) => first.rssMiB ?? 0)));
  const digests = new Set(pairs.flat().map(({ digest }) => digest)).size;
  return `| ${name} | ${seconds(0)} | ${seconds(1)} | ${cpu(0)} | ${cpu(1)} | ${rss} | ${digests} |`;
});
const [mine = [], theirs = []] = [...samples.values()];
const ratio = (at: 0 | 1, of: 'seconds' | 'cpuSeconds'): string =>
  (median(theirs.map((pair) => pair[at][of])) / median(mine.map((pair) => pair[at][of]))).toFixed(1);
const versions = await Promise.all([
  run(`python${python}`, ['-m', 'pip', '--version']).then(({ stdout }) => stdout.split(' ').slice(0, 2).join(' ')),
  run('crane', ['version']).then(({ stdout }) => `crane ${stdout.trim()}`),
]);
const text = [
  `Machine: ${machine()}; ${versions.join(', ')}. Medians of ${runs} runs in turns; whole processes; the registry is`,
  "Debian's docker-registry on the same machine, emptied before each first push. All wheels are on the disk before.",
  `Packages: ${lock.packages.map(({ name, version }) => `${name} ${version}`).join(', ')}; Python ${lock.python}.`,
  '',
  '| | first, s | again, s | first, CPU s | again, CPU s | RSS, MiB | different digests |',
  '| --- | --- | --- | --- | --- | --- | --- |',
  ...rows,
  '',
  `Ratio: ${ratio(0, 'seconds')} first, ${ratio(1, 'seconds')} again; of CPU ${ratio(0, 'cpuSeconds')} and ${ratio(1, 'cpuSeconds')}.`,
].join('\n');
console.log(text);
if (write !== undefined) await writeFile(write, `# Environments out of wheels, side by side\n\n${text}\n`);
