import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Egress } from '../../../platform/http/egress.ts';
import type { Logger } from '../../../platform/logging.ts';
import type { Clock, EpochMs } from '../../../platform/time.ts';
import { compareBytes } from '../../files/file-path.ts';
import type { ModelFile, ModelFiles } from '../../files/model-files.ts';
import type { ImageReference } from '../../image/image-name.ts';
import type { LayerEncoding } from '../../image/layer.ts';
import { LINUX_AMD64 } from '../../image/platform.ts';
import { type BaseImage, readBase } from '../../image/read-base.ts';
import type { LayerServices } from '../../image/store-layers.ts';
import type { BuildOutcome, BuildRequest, EnvironmentBuilder } from '../environment-builder.ts';
import type { EnvironmentSpec } from '../environment-spec.ts';
import type { Lock } from '../lock.ts';
import { pythonsToTry } from '../resolve/choose-python.ts';
import { type BuildFailure, classifyThrown } from '../resolve/classify.ts';
import { indexesFor } from '../resolve/model-indexes.ts';
import { resolverInput } from '../resolve/requirements.ts';
import { resolveEnvironment } from '../resolve/resolve-environment.ts';
import { uvBinary } from '../resolve/uv-binary.ts';
import { clashMessage } from './combine.ts';
import { attachedLock, attachLock, lockSchema } from './lock-referrer.ts';
import { openWheels } from './open-wheels.ts';
import { INSTALL_LAYOUT } from './plan-install.ts';
import { PLATFORM } from './platform-tags.ts';
import { readServerRequirements, serverFiles } from './server-files.ts';
import { CREATED, storeEnvironment } from './store-environment.ts';
import type { WheelCache } from './wheel-cache.ts';
import type { WheelIndex } from './wheel-index.ts';

export interface WheelsBuilderOptions extends LayerServices {
  readonly cache: WheelCache;
  /** The installation's index, or its wheelhouse. */
  readonly index: WheelIndex;
  /** Reaches what models name themselves; absent where nothing but the index may be asked. */
  readonly egress?: Egress;
  /** The Python scoring server, with its `requirements.txt`. */
  readonly server: ModelFiles;
  /** Minors that can be served, such as `3.11`. */
  readonly pythons: readonly string[];
  readonly uvPath?: string;
  /** Image to build on, by minor; without it images hold no Python. */
  readonly base?: (python: string) => ImageReference;
  /** Default `stored`. */
  readonly encoding?: LayerEncoding;
  readonly clock: Clock;
  readonly log: Logger;
}

const REPOSITORY = 'env/python';

/** One call ends before its host would end it; what it has fetched and stored is not done again. */
const MAX_CALL_MS = 6 * 60_000;

const jobSchema = z.object({ wanted: z.string(), lock: lockSchema });

/** What one call works with. */
interface Call {
  readonly request: BuildRequest;
  readonly began: EpochMs;
}

/**
 * Builds environments in this process: resolves the requirements to wheels, unpacks those into layers, and pushes the
 * image. No container, no pip and no Python is needed; conda packages and packages without a wheel cannot be had.
 */
export const createWheelsBuilder = (options: WheelsBuilderOptions): EnvironmentBuilder => {
  const uv = uvBinary({
    ...(options.uvPath === undefined ? {} : { path: options.uvPath }),
    cache: options.cache,
    indexes: [options.index],
  });
  return {
    name: 'wheels',
    conda: false,
    baseFor: async (python) => {
      const pythons = pythonsToTry(python, options.pythons);
      const { images, base } = options;
      const digests = base
        ? await Promise.all(pythons.map(async (each) => (await readBase(images, base(each), LINUX_AMD64)).digest))
        : ['none'];
      return {
        base: [...digests, ...pythons].join(' '),
        platform: PLATFORM,
        template: INSTALL_LAYOUT,
        server: digestOf(await serverFiles(options.server)),
      };
    },
    build: async (request) => {
      const call = { request, began: options.clock() };
      try {
        return (await adopted(options, call)) ?? (await build(options, call, uv));
      } catch (cause) {
        return classifyThrown(cause);
      }
    },
  };
};

const digestOf = (listing: readonly ModelFile[]): string =>
  createHash('sha256')
    .update(
      listing
        .toSorted((a, b) => compareBytes(a.path, b.path))
        .map(({ path, contentId = '' }) => `${contentId}  ${path}\n`)
        .join(''),
    )
    .digest('hex');

/** The image that an earlier call pushed and could not report: the first image under a key is the one that counts. */
const adopted = async (
  { images, clock }: WheelsBuilderOptions,
  { request: { key, spec, fresh, job }, began }: Call,
): Promise<BuildOutcome | undefined> => {
  if (fresh || job !== undefined) return undefined;
  const found = await images.readManifest(REPOSITORY, key);
  if (found === undefined) return undefined;
  const { digest, size } = found.descriptor;
  const lock = await attachedLock(images, REPOSITORY, digest);
  // Pushed, but its last step is missing: it is gone through again.
  if (lock === undefined) return undefined;
  const layers = layersSchema.parse(JSON.parse(new TextDecoder().decode(found.bytes)));
  return {
    kind: 'built',
    image: `${images.registry}/${REPOSITORY}@${digest}`,
    repository: REPOSITORY,
    digest,
    sizeBytes: [...layers.layers, layers.config].reduce((sum, each) => sum + each.size, size),
    lock,
    python: { wanted: spec.python, used: lock.python },
    durationMs: clock() - began,
    cacheHits: lock.packages.length,
  };
};

const sized = z.object({ size: z.number() });
const layersSchema = z.object({ config: sized, layers: z.array(sized) });

const build = async (
  options: WheelsBuilderOptions,
  { request, began }: Call,
  uv: () => Promise<string>,
): Promise<BuildOutcome> => {
  const { images, clock, log, server } = options;
  const { spec, key } = request;
  const resolved = request.job === undefined ? await resolve(options, spec, uv) : jobSchema.parse(request.job);
  if ('code' in resolved) return resolved;
  const { lock } = resolved;
  const python = { wanted: spec.python, used: lock.python };
  if (python.wanted !== python.used) {
    log.warn({ environment: key, ...python }, 'no Python of the model’s minor version can be served: another is used');
  }
  const opened = await openWheels({ cache: options.cache, indexes: sourcesOf(options, spec) }, lock);
  if ('missing' in opened) {
    const list = opened.missing.map(({ fileName = '', sha256s }) => `${fileName} sha256:${sha256s[0]}`);
    return {
      kind: 'failed',
      code: 'no-matching-version',
      message: `Missing from ${options.index.name}: ${list.join(', ')}.`,
    };
  }
  try {
    const base = await baseOf(options, lock.python);
    const stored = await storeEnvironment(
      options,
      {
        key,
        repository: REPOSITORY,
        lock,
        wheels: opened.wheels,
        server,
        serverListing: await serverFiles(server),
        encoding: options.encoding ?? 'stored',
        ...(base === undefined ? {} : { base }),
      },
      () => clock() - began > MAX_CALL_MS,
    );
    if (stored === 'late') return { kind: 'running', job: { wanted: spec.python, lock }, lookAgainMs: 1000 };
    if ('packages' in stored) return { kind: 'failed', code: 'conflict', message: `${clashMessage(stored)}.` };
    await attachLock(images, REPOSITORY, { manifest: stored.manifest, created: CREATED }, lock);
    const { digest } = stored.manifest.descriptor;
    return {
      kind: 'built',
      image: `${images.registry}/${REPOSITORY}@${digest}`,
      repository: REPOSITORY,
      digest,
      sizeBytes: stored.sizeBytes,
      lock,
      python,
      durationMs: clock() - began,
      cacheHits: stored.cacheHits,
    };
  } finally {
    await opened.close();
  }
};

const baseOf = async ({ base, images }: WheelsBuilderOptions, python: string): Promise<BaseImage | undefined> =>
  base && readBase(images, base(python), LINUX_AMD64);

/** Where a lock's wheels are: the same indexes that it was resolved with. */
const sourcesOf = ({ index, egress }: WheelsBuilderOptions, spec: EnvironmentSpec): readonly WheelIndex[] => {
  const input = resolverInput(spec);
  const files = 'kind' in input ? [] : input.files;
  return indexesFor({ own: index, options: spec.options, files, ...(egress === undefined ? {} : { egress }) });
};

/** The lock for the first Python that has one; else why the nearest has none. */
const resolve = async (
  options: WheelsBuilderOptions,
  spec: EnvironmentSpec,
  uv: () => Promise<string>,
): Promise<{ readonly lock: Lock } | BuildFailure> => {
  const input = resolverInput(spec);
  if ('kind' in input) return input;
  const request = {
    requirements: input.requirements,
    constraints: spec.constraints,
    pre: spec.options.pre,
    server: await readServerRequirements(options.server),
    indexes: sourcesOf(options, spec),
  };
  let failure: BuildFailure | undefined;
  for (const python of pythonsToTry(spec.python, options.pythons)) {
    const resolution = await resolveEnvironment({ uv, cache: options.cache }, { ...request, python });
    if (resolution.kind === 'resolved') return resolution;
    failure ??= resolution;
    // Another Python does not bring an index back.
    if (resolution.code === 'network' || resolution.code === 'timeout') return resolution;
  }
  return (
    failure ?? {
      kind: 'failed',
      code: 'python-unavailable',
      message:
        'No Python can be served here: on a laptop install Python 3.10 or newer, in Azure name images to build on in ENVIRONMENT_IMAGES.',
    }
  );
};
