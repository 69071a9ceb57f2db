import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPythons } from '../../../local/python/find-pythons.ts';
import type { BuildOutcome } from '../../../shared/packaging/environment/environment-builder.ts';
import { createWheelsBuilder } from '../../../shared/packaging/environment/wheels/create-wheels-builder.ts';
import { createHttpIndex } from '../../../shared/packaging/environment/wheels/http-index.ts';
import { createFolderWheelCache } from '../../../shared/packaging/environment/wheels/wheel-cache.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import { createEgress } from '../../../shared/platform/http/egress.ts';
import { createLogger } from '../../../shared/platform/logging.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { type MemoryImages, memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { announceSkip } from '../../support/require-all.ts';

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));

const python = (await findPythons()).find(({ minor }) => ['3.11', '3.12', '3.10', '3.13'].includes(minor));
const reachable = await fetch('https://pypi.org/simple/pip/').then(
  ({ ok }) => ok,
  () => false,
);
const missing = python === undefined ? 'there is no Python' : reachable ? undefined : 'pypi.org does not answer';
if (missing !== undefined) announceSkip('the tests of a real environment', missing);

const CODE = `
import os, site, sys
root = sys.argv[1]
site.addsitedir(os.path.join(root, 'opt/env/lib', 'python%d.%d' % sys.version_info[:2], 'site-packages'))
import numpy, sklearn, uvicorn
from importlib.metadata import files, version
from sklearn.linear_model import LinearRegression
model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
assert sklearn.__file__.startswith(root) and numpy.__file__.startswith(root)
assert all(os.path.exists(f.locate()) for f in files('scikit-learn'))
print(version('scikit-learn').rsplit('.', 1)[0], round(float(model.predict([[10.0]])[0]), 6))
`;

describe.skipIf(missing !== undefined)('scikit-learn out of the real index', { timeout: 60_000 }, () => {
  const images = memoryImages();
  let build: (key: string) => Promise<BuildOutcome>;
  let first: BuildOutcome;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-environment-'));
    const minor = python?.minor ?? '';
    const builder = createWheelsBuilder({
      images,
      layerFacts: memoryLayerFacts(),
      cache: createFolderWheelCache(path('.cache/wheels')),
      index: createHttpIndex({ url: 'https://pypi.org/simple', egress: createEgress('allow') }),
      server: createFolderFiles(path('scoring/python')),
      pythons: [minor],
      clock: systemClock,
      log: createLogger(() => undefined),
    });
    const options = { extraIndexUrls: [], pre: false, onlyBinary: [], noBinary: [] };
    const conda = { channels: [], packages: [] };
    const spec = { python: minor, requirements: ['scikit-learn==1.7.*'], constraints: [], conda, options };
    build = (key) => builder.build({ key, spec, buildId: key, fresh: true });
    first = await build('first');
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is imported and predicts, with nothing but the unpacked image and a bare Python', async () => {
    if (first.kind !== 'built') throw new Error(JSON.stringify(first));
    await unpack(images, first.digest, folder);
    const { stdout } = await run(python?.path ?? '', ['-I', '-S', '-B', '-c', CODE, folder]);
    expect(stdout).toBe('1.7 21.0\n');
  });

  it('installs commands that run wherever they are', async () => {
    const { stdout } = await run(python?.path ?? '', [join(folder, 'opt/env/bin/uvicorn'), '--version']);
    expect(stdout).toMatch(/^Running uvicorn \d/);
  });

  it('gives the same image again, and sends no layer for it', async () => {
    const before = images.sent.length;
    const again = await build('second');
    expect(again).toMatchObject({ kind: 'built', digest: (first as { digest?: string }).digest });
    const largest = Math.max(0, ...images.sent.slice(before).map((digest) => images.blobs.get(digest)?.length ?? 0));
    expect(largest).toBeLessThan(50_000);
  });
});

const unpack = async ({ blobs }: MemoryImages, digest: string, into: string): Promise<void> => {
  const manifest: { layers: { digest: string }[] } = JSON.parse(blobs.get(digest)?.toString() ?? '{}');
  for (const [index, layer] of manifest.layers.entries()) {
    const file = join(into, `${index}.tar.gz`);
    await writeFile(file, blobs.get(layer.digest) ?? '');
    await run('tar', ['-xzf', file, '-C', into]);
    await rm(file);
  }
};
