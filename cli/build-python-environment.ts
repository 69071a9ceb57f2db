import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentBuilder } from '../shared/packaging/environment/environment-builder.ts';
import { environmentKey } from '../shared/packaging/environment/environment-key.ts';
import type { EnvironmentSource } from '../shared/packaging/environment/environment-source.ts';
import type { EnvironmentSpec } from '../shared/packaging/environment/environment-spec.ts';
import { readEnvironment } from '../shared/packaging/environment/read-environment.ts';
import { createWheelsBuilder } from '../shared/packaging/environment/wheels/create-wheels-builder.ts';
import { createHttpIndex } from '../shared/packaging/environment/wheels/http-index.ts';
import { createFolderWheelCache } from '../shared/packaging/environment/wheels/wheel-cache.ts';
import type { ImageReference } from '../shared/packaging/image/image-name.ts';
import type { LayerEncoding } from '../shared/packaging/image/layer.ts';
import type { LayerServices } from '../shared/packaging/image/store-layers.ts';
import type { PackagedServer } from '../shared/packaging/plan-image.ts';
import { createEgress } from '../shared/platform/http/egress.ts';
import { silentLogger } from '../shared/platform/logging.ts';
import { systemClock } from '../shared/platform/time.ts';
import { cacheFolder } from './cache-folder.ts';
import { pythonServer } from './read-servable.ts';
import { CommandFailed, ModelRefused } from './report-failure.ts';

export interface PythonEnvironment {
  readonly server: PackagedServer;
  /** Sentences for the person who builds. */
  readonly notes: readonly string[];
}

interface Wish {
  readonly source: EnvironmentSource;
  readonly base: ImageReference | undefined;
  readonly encoding: LayerEncoding;
}

const DEFAULT_INDEX = 'https://pypi.org/simple';

/**
 * Builds the environment that a model asks for, from wheels and in this process, or finds it built.
 *
 * @throws ModelRefused when what the model asks for cannot be built
 */
export const buildPythonEnvironment = async (
  store: LayerServices,
  { source, base, encoding }: Wish,
): Promise<PythonEnvironment> => {
  const read = readEnvironment(source);
  if (read.kind === 'refused') throw new ModelRefused(read);
  const { spec } = read;
  const builder = createWheelsBuilder({
    ...store,
    cache: createFolderWheelCache(join(cacheFolder(), 'wheels')),
    // Whoever runs the command chose this index, wherever it is; a model may only name public ones.
    index: createHttpIndex({ url: process.env['PYTHON_INDEX_URL'] ?? DEFAULT_INDEX, egress: createEgress('allow') }),
    egress: createEgress('refuse'),
    server: pythonServer(),
    pythons: [spec.python],
    ...(process.env['UV_PATH'] === undefined ? {} : { uvPath: process.env['UV_PATH'] }),
    ...(base === undefined ? {} : { base: () => base }),
    encoding,
    clock: systemClock,
    log: silentLogger,
  });
  const key = environmentKey({ ...(await builder.baseFor(spec.python)), spec });
  const { repository, digest, lock } = await finished(builder, key, spec);
  const libraries = lock === undefined ? {} : { libraries: lock.packages };
  return { server: { kind: 'environment', key, repository, digest, ...libraries }, notes: read.warnings };
};

const finished = async (builder: EnvironmentBuilder, key: string, spec: EnvironmentSpec) => {
  const buildId = randomUUID();
  for (let job: unknown; ; ) {
    const outcome = await builder.build({ key, spec, buildId, fresh: false, ...(job === undefined ? {} : { job }) });
    if (outcome.kind === 'built') return outcome;
    if (outcome.kind === 'failed') {
      const log = outcome.log === undefined ? '' : `\n${outcome.log}`;
      if (outcome.code === 'network' || outcome.code === 'timeout') throw new CommandFailed(`${outcome.message}${log}`);
      throw new ModelRefused({ code: outcome.code, message: `${outcome.message}${log}` });
    }
    job = outcome.job;
    await sleep(outcome.lookAgainMs);
  }
};
