import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command } from 'commander';
import { startRegistryServer } from '../../test/support/packaging/registry-server.ts';
import { machine } from '../support/machine.ts';
import { run } from '../support/run.ts';
import { relog, writeContentIds, writeModel } from './push/model.ts';
import { pushReport, type Sample } from './push/report.ts';
import { clean, installedTools, type Target, type Tool } from './push/tools.ts';

/** Pushing a model's layers onto an environment image that is there already: ours beside the tools people use. */
const list = (text: string): number[] => text.split(',').map(Number);

const { sizes, runs, write } = new Command()
  .option('--sizes <megabytes>', 'of the weights', list, [10, 100, 500])
  .option('--runs <n>', 'of each; medians are reported', Number, 5)
  .option('--write <file>', 'write the tables into this Markdown file')
  .parse()
  .opts<{ sizes: number[]; runs: number; write?: string }>();

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-push-'));

const model = join(folder, 'model');

/** A small image to build on, without which the tools would do different things. */
const pushBase = async (registry: string): Promise<string> => {
  const base = join(folder, 'base');
  await mkdir(join(base, 'opt/env'), { recursive: true });
  await writeFile(join(base, 'opt/env/requirements.lock'), 'mlflow==3.17.2\n');
  const tar = join(folder, 'base.tar');
  await run('tar', ['-C', base, '-cf', tar, '.']);
  const name = `${registry}/env:base`;
  await run('crane', ['append', '--insecure', '-f', tar, '-t', name]);
  await run('crane', ['mutate', '--insecure', '--set-platform', 'linux/amd64', name, '-t', name]);
  return (await run('crane', ['digest', '--insecure', name])).stdout.trim();
};

const timed = async (tool: Tool, target: Target): Promise<Omit<Sample, 'tool' | 'megabytes' | 'push'>> => {
  const began = performance.now();
  const said = await tool.push(target);
  return { seconds: (performance.now() - began) / 1000, ...said };
};

/** First push into an empty registry, the same again, and the same weights from another run. */
const measureTool = async (tool: Tool, megabytes: number): Promise<readonly Sample[]> => {
  const server = await startRegistryServer();
  const own = join(folder, 'own');
  await clean(own);
  await mkdir(own);
  await relog(model, 'a'.repeat(32));
  const tar = join(folder, 'model.tar');
  const contentIds = join(folder, 'content-ids.json');
  const pack = async (): Promise<void> => {
    await run('tar', ['-C', model, '--transform', 's,^[.],opt/ml/model,', '-cf', tar, '.']);
    await writeContentIds(model, contentIds);
  };
  try {
    await pack();
    const weights = (await run('sha256sum', [join(model, 'model.pkl')])).stdout.slice(0, 64);
    const environment = await pushBase(server.host);
    const target: Target = { registry: server.host, model, contentIds, tar, own, environment, weights };
    await tool.prepare?.(target);
    const first = await timed(tool, target);
    const again = await timed(tool, target);
    await relog(model, 'b'.repeat(32));
    await pack();
    const logged = await timed(tool, target);
    return [
      { tool: tool.name, megabytes, push: 'first', ...first },
      { tool: tool.name, megabytes, push: 'again', ...again },
      { tool: tool.name, megabytes, push: 'logged again', ...logged },
    ];
  } finally {
    await server.close();
    await clean(own);
  }
};

const samples: Sample[] = [];
try {
  const tools = await installedTools(folder);
  for (const megabytes of sizes) {
    await writeModel(model, megabytes);
    // In turns, so that what else the machine does hits all of them alike.
    for (let turn = 1; turn <= runs; turn += 1) {
      for (const tool of tools) samples.push(...(await measureTool(tool, megabytes)));
      progress(`${megabytes} MB, run ${turn} of ${runs}`);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const text = [
  `Machine: ${machine()}; medians of ${runs} runs in turns; whole processes, Node's start included; the registry is`,
  "Debian's docker-registry on the same machine, emptied before each first push; weights are random bytes.",
  '',
  pushReport(samples),
].join('\n');
console.log(text);
if (write !== undefined) await writeFile(write, `# Pushing packages, side by side\n\n${text}\n`);
