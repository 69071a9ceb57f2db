import {
  type BuildModelPackageServices,
  buildModelPackage,
  type ModelSource,
} from '../../../shared/packaging/build-model-package.ts';
import { buildEnvironment } from '../../../shared/packaging/environment/build-environment.ts';
import type { EnvironmentBuilder } from '../../../shared/packaging/environment/environment-builder.ts';
import { createEnvironmentStore } from '../../../shared/packaging/environment/environment-store.ts';
import { imageDocuments } from '../../../shared/packaging/image/image.ts';
import { storeBlob } from '../../../shared/packaging/image/store-blob.ts';
import type { RequestedPackage } from '../../../shared/packaging/package-document.ts';
import { createPackageStore } from '../../../shared/packaging/package-store.ts';
import { findPackage } from '../../../shared/packaging/request-package.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { createRegistryStore } from '../../../shared/registry/store.ts';
import { createMemoryDocuments, type MemoryDocumentsOptions } from '../memory-documents.ts';
import { built, scriptedBuilder } from './environments.ts';
import { memoryFiles } from './memory-files.ts';
import { type MemoryImages, memoryImages, memoryLayerFacts } from './memory-images.ts';

export const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };

const REPOSITORY = 'env/python';

/** An environment image with one layer, in the repository of environments. */
const storeEnvironmentImage = async (images: MemoryImages, name = 'python3.11') => {
  const content = Buffer.from(`the packages of ${name}`);
  const mediaType = 'application/vnd.oci.image.layer.v1.tar';
  const layer = await storeBlob(images, REPOSITORY, { mediaType, bytes: new Uint8Array(content) });
  const { config, manifest } = imageDocuments({
    base: undefined,
    layers: [{ ...layer, diffId: layer.digest, title: name }],
    created: '1980-01-01T00:00:00Z',
    labels: {},
    env: { PORT: '5001' },
    entrypoint: [name, '-I', '-S', '/opt/server/main.py'],
  });
  await storeBlob(images, REPOSITORY, { mediaType: config.descriptor.mediaType, bytes: config.bytes });
  await images.putManifest(REPOSITORY, manifest);
  const { digest } = manifest.descriptor;
  return { repository: REPOSITORY, digest, image: `${images.registry}/${REPOSITORY}@${digest}` };
};

export interface PackageWorldOptions extends MemoryDocumentsOptions {
  readonly builder?: EnvironmentBuilder;
  readonly source?: ModelSource['filesOf'];
}

/** Packaging on documents in memory, with a clock that is moved by hand. */
export const packageWorld = async (
  files: Readonly<Record<string, string>>,
  { builder, source, ...documentsOptions }: PackageWorldOptions = {},
) => {
  const images = memoryImages();
  const environment = await storeEnvironmentImage(images);
  const time = { now: epochMs(1_767_225_600_000) };
  const documents = createMemoryDocuments(documentsOptions);
  const services: BuildModelPackageServices = {
    registry: createRegistryStore(documents),
    packageStore: createPackageStore(documents),
    environments: createEnvironmentStore(documents),
    environmentBuilder: builder ?? scriptedBuilder(built(environment)),
    images,
    layerFacts: memoryLayerFacts(),
    server: memoryFiles({ 'main.mjs': 'console.log(1)\n' }),
    modelSource: { filesOf: source ?? (async () => ({ files: memoryFiles(files) })) },
    clock: () => time.now,
    log: silentLogger,
  };
  return {
    ...{ services, documents, images, environment },
    pass: (ms: number) => {
      time.now = addMs(time.now, ms);
    },
    journal: () =>
      documents
        .all()
        .flatMap(({ value }) => (value.kind === 'journal' ? [value as JournalEntry] : []))
        .filter(({ type }) => type.startsWith('slipway.package.')),
    /** Handles every wake-up in its time until there are none; what a worker throws is its death. */
    async settle(): Promise<void> {
      for (let turn = 0; turn < 200; turn += 1) {
        const due = documents
          .all()
          .map(({ value }) => value as Partial<RequestedPackage>)
          .flatMap(({ wakeUp }) => (wakeUp == null ? [] : [wakeUp]))
          .sort((a, b) => a.at - b.at)[0];
        if (due === undefined) return;
        time.now = epochMs(Math.max(time.now, due.at));
        const { key, model, version, modelId } = due.message as Record<string, string>;
        const work =
          due.queue === 'build-environment'
            ? buildEnvironment(services, { key: key ?? '' })
            : buildModelPackage(services, { model: model ?? '', version: version ?? '', modelId });
        await work.catch(() => undefined);
      }
      throw new Error('the package does not settle');
    },
    package: (model: string, version = '1') => findPackage(services, { model, version }),
  };
};
