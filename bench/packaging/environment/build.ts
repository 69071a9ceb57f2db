import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { createFolderBlobs } from '../../../cli/folder-blobs.ts';
import { createBlobLayerFacts } from '../../../shared/azure/container-registry/create-blob-layer-facts.ts';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import { createWheelsBuilder } from '../../../shared/packaging/environment/wheels/create-wheels-builder.ts';
import { createFolderWheelCache } from '../../../shared/packaging/environment/wheels/wheel-cache.ts';
import { createFolderWheelhouse } from '../../../shared/packaging/environment/wheels/wheelhouse.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import { createLogger } from '../../../shared/platform/logging.ts';
import { systemClock } from '../../../shared/platform/time.ts';

/** One environment out of a lock, as a process of its own: what a function does once the packages are resolved. */
const { registry, lock, cache, facts, server, key } = new Command()
  .requiredOption('--registry <url>')
  .requiredOption('--lock <file>', 'as JSON')
  .requiredOption('--cache <folder>', 'of wheels')
  .requiredOption('--facts <folder>', 'what is remembered about layers')
  .requiredOption('--server <folder>')
  .requiredOption('--key <key>')
  .parse()
  .opts<Record<'registry' | 'lock' | 'cache' | 'facts' | 'server' | 'key', string>>();

const resolved = JSON.parse(await readFile(lock, 'utf8'));
const builder = createWheelsBuilder({
  images: createRegistryImages({ registry, credentials: { kind: 'anonymous' }, privateEgress: 'allow' }),
  layerFacts: createBlobLayerFacts(createFolderBlobs(facts)),
  cache: createFolderWheelCache(cache),
  index: createFolderWheelhouse(cache),
  server: createFolderFiles(server),
  pythons: [resolved.python],
  clock: systemClock,
  log: createLogger(() => undefined),
});
const options = { extraIndexUrls: [], pre: false, onlyBinary: [], noBinary: [] };
const spec = {
  python: resolved.python,
  requirements: [],
  constraints: [],
  conda: { channels: [], packages: [] },
  options,
};
const job = { wanted: resolved.python, lock: resolved };
const outcome = await builder.build({ key, spec, buildId: 'bench', fresh: true, job });
if (outcome.kind !== 'built') throw new Error(JSON.stringify(outcome));
const { digest, sizeBytes } = outcome;
console.log(JSON.stringify({ digest, sizeBytes, rssMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));
