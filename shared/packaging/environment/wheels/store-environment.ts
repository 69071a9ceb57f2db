import type { ModelFile, ModelFiles } from '../../files/model-files.ts';
import { imageDocuments } from '../../image/image.ts';
import { type LayerEncoding, type LayerPlan, planLayers } from '../../image/layer.ts';
import type { StoredDocument } from '../../image/ports.ts';
import type { BaseImage } from '../../image/read-base.ts';
import { storeBases } from '../../image/store-base.ts';
import { storeBlob } from '../../image/store-blob.ts';
import { type LayerServices, type StoredLayer, storeLayers } from '../../image/store-layers.ts';
import type { Lock } from '../lock.ts';
import { type Clash, combine } from './combine.ts';
import { checkRecords } from './open-installed.ts';
import { ENVIRONMENT_ROOT, sitePackages } from './plan-install.ts';
import { groupWheels, type PlannedWheel, textLayer, wheelLayer } from './plan-layers.ts';

const SERVER_ROOT = 'opt/server';
const PORT = 5001;

/** Never the clock: the same lock gives the same image. */
export const CREATED = '1980-01-01T00:00:00Z';

export interface EnvironmentImage {
  readonly key: string;
  readonly repository: string;
  readonly lock: Lock;
  readonly wheels: readonly PlannedWheel[];
  readonly server: ModelFiles;
  readonly serverListing: readonly ModelFile[];
  /** Without one the image holds packages and server only, and whatever starts it brings Python. */
  readonly base?: BaseImage;
  readonly encoding: LayerEncoding;
}

export interface StoredEnvironment {
  readonly manifest: StoredDocument;
  /** Stored bytes of all layers, config and manifest. */
  readonly sizeBytes: number;
  /** Wheels whose layer was there already. */
  readonly cacheHits: number;
}

/**
 * Makes the image of an environment part of its repository, layer by layer, and points the tag of its key at it.
 *
 * @param isLate asked between layers; when it says so the work ends there, and is gone on with by calling again
 * @throws WheelRefused, SlipwayError as the ports
 */
export const storeEnvironment = async (
  services: LayerServices,
  image: EnvironmentImage,
  isLate: () => boolean,
): Promise<StoredEnvironment | Clash | 'late'> => {
  const { repository, wheels, base, key } = image;
  const combined = combine(groupWheels(wheels).flat());
  if ('clash' in combined) return combined.clash;
  const left = new Map(combined.installations.map(({ title, files }) => [title, files] as const));
  const groups = groupWheels(wheels).map((group) =>
    // A layer of its own is shared with other environments, so nothing is taken out of it.
    group.length === 1 ? group : group.map((wheel) => ({ ...wheel, files: left.get(wheel.title) ?? [] })),
  );
  await storeBases(services.images, repository, base ? [base] : []);
  const plans = groups.map((group) => wheelLayer(group, { python: image.lock.python, encoding: image.encoding }));
  const stored: StoredLayer[] = [];
  for (let at = 0; at < plans.length; at += LAYERS_AT_ONCE) {
    if (isLate()) return 'late';
    stored.push(...(await storeLayers(services, repository, plans.slice(at, at + LAYERS_AT_ONCE))));
  }
  for (const [index, group] of groups.entries()) checkRecords(group, stored[index] ?? { files: [] });
  const own = await storeLayers(services, repository, ownLayers(image));
  const layers = [...stored, ...own];
  const { config, manifest } = imageDocuments({ base, layers, created: CREATED, ...settingsOf(image) });
  await storeBlob(services.images, repository, { mediaType: config.descriptor.mediaType, bytes: config.bytes });
  await services.images.putManifest(repository, manifest, key);
  const all = [...(base?.layers ?? []), ...layers, config.descriptor, manifest.descriptor];
  const hits = groups.filter((_, index) => stored[index]?.arrival !== 'sent');
  return { manifest, sizeBytes: all.reduce((sum, { size }) => sum + size, 0), cacheHits: hits.flat().length };
};

const LAYERS_AT_ONCE = 3;

const ownLayers = ({ lock, server, serverListing }: EnvironmentImage): readonly LayerPlan[] => [
  textLayer(`${ENVIRONMENT_ROOT}/requirements.lock`, lock.text),
  ...planLayers({ title: 'scoring server', root: SERVER_ROOT, files: server, listing: serverListing }),
];

/**
 * How the image runs. Isolated and without `site`, so that nothing of the machine's own Python is seen; the server adds
 * the packages itself. PYTHONPATH is for processes that a model starts. No bytecode is written: the files are root's, and
 * who runs them is not.
 */
const settingsOf = ({ lock: { python, packages }, base }: EnvironmentImage) => {
  const basePath = base?.config.config.Env?.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length);
  return {
    labels: {
      'org.opencontainers.image.title': `Python ${python} environment`,
      'io.slipway.environment.python': python,
      'io.slipway.environment.packages': String(packages.length),
    },
    env: {
      HOME: '/tmp',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONPATH: `/${sitePackages(python)}`,
      PYTHONUNBUFFERED: '1',
      PORT: String(PORT),
      ...(basePath === undefined ? {} : { PATH: `/${ENVIRONMENT_ROOT}/bin:${basePath}` }),
    },
    entrypoint: [`python${python}`, '-I', '-S', `/${SERVER_ROOT}/main.py`],
    workingDir: '/opt',
    user: '65532:65532',
    port: PORT,
  };
};
