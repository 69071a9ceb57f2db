import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { Command } from 'commander';
import { createFolderBlobs } from '../../../cli/folder-blobs.ts';
import { createBlobLayerFacts } from '../../../shared/azure/container-registry/create-blob-layer-facts.ts';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import { buildPackage } from '../../../shared/packaging/build-package.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { planServing } from '../../../shared/packaging/model/plan-serving.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { systemClock } from '../../../shared/platform/time.ts';

/** One package, as a process of its own: what a function does once the environment is there. */
const began = performance.now();
const options = new Command()
  .requiredOption('--registry <url>')
  .requiredOption('--model <folder>')
  .requiredOption('--content-ids <file>', 'content ids by path, as an artifact store knows them')
  .requiredOption('--facts <folder>', 'what is remembered about layers')
  .requiredOption('--name <name>')
  .requiredOption('--environment <digest>', 'of the environment image, in the repository env')
  .parse()
  .opts<Record<'registry' | 'model' | 'contentIds' | 'facts' | 'name' | 'environment', string>>();

const withContentIds = (files: ModelFiles, ids: Readonly<Record<string, string>>): ModelFiles => ({
  ...files,
  async *list() {
    for await (const file of files.list()) yield { ...file, contentId: ids[file.path] ?? '' };
  },
});

const files = withContentIds(
  createFolderFiles(options.model, { contentIds: false }),
  JSON.parse(await readFile(options.contentIds, 'utf8')),
);
const folder = await readModel(files);
const plan = planServing(folder, { maxFiles: 100, maxBytes: 2 ** 40 });
if (plan.kind !== 'python') throw new Error('the model of the benchmark is one for Python');

const built = await buildPackage(
  {
    images: createRegistryImages({
      registry: options.registry,
      credentials: { kind: 'anonymous' },
      privateEgress: 'allow',
    }),
    layerFacts: createBlobLayerFacts(createFolderBlobs(options.facts)),
    server: createFolderFiles(options.model, { contentIds: false }),
    clock: systemClock,
  },
  {
    name: options.name,
    version: '1',
    files,
    listing: folder.listing,
    mlmodel: plan.mlmodel,
    server: { kind: 'environment', key: 'bench', repository: 'env', digest: options.environment },
  },
);
const { sentBytes, digest } = built;
const insideSeconds = (performance.now() - began) / 1000;
// Not resourceUsage, whose peak includes that of the process this one was forked from.
const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(await readFile('/proc/self/status', 'utf8')) ?? [];
console.log(JSON.stringify({ digest, sentBytes, insideSeconds, rssMiB: Math.round(Number(kibibytes) / 1024) }));
