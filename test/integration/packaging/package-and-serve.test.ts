import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPackage, buildPackage } from '../../../shared/packaging/build-package.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { exampleModel, servingInput } from '../../support/packaging/example-models.ts';
import { type MemoryImages, memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';
import { scoringRuntime } from '../../support/packaging/scoring-runtime.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The sha256 of each file by its path. */
const filesBelow = async (folder: string): Promise<Record<string, string>> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map(async (file) => sha256(await readFile(file))));
  return Object.fromEntries(files.map((file, at) => [file.slice(folder.length), contents[at] ?? '']));
};

/** Unpacks an image with the system's tar, layer over layer. */
const unpack = async (images: MemoryImages, { layers }: BuiltPackage, into: string): Promise<void> => {
  for (const [at, { digest }] of layers.entries()) {
    const file = join(into, `layer-${at}.tar.gz`);
    await writeFile(file, images.blobs.get(digest) ?? '');
    await run('tar', ['-xzf', file, '-C', into]);
    await rm(file);
  }
};

describe('a packaged model', () => {
  const layerFacts = memoryLayerFacts();
  const build = async (): Promise<BuiltPackage> =>
    buildPackage(
      { images, layerFacts, server: createFolderFiles(runtime), clock: systemClock },
      await packageRequest(createFolderFiles(exampleModel('v2'))),
    );
  const images = memoryImages();
  let rootfs: string;
  let runtime: string;
  let built: BuiltPackage;
  let server: ChildProcess;
  let url: string;
  let printed = '';

  beforeAll(async () => {
    rootfs = await mkdtemp(join(tmpdir(), 'packaged-'));
    runtime = await scoringRuntime();
    built = await build();
    await unpack(images, built, rootfs);
    const image = JSON.parse(images.blobs.get(built.digest)?.toString() ?? '');
    const { config } = JSON.parse(images.blobs.get(image.config.digest)?.toString() ?? '');
    const env = Object.fromEntries(config.Env.map((assignment: string) => assignment.split('=', 2)));
    server = spawn(process.execPath, [join(rootfs, config.Entrypoint[1])], {
      // Only what the image sets, with its absolute paths moved below the unpacked root.
      env: { ...env, MLFLOW_MODEL_URI: join(rootfs, env.MLFLOW_MODEL_URI), HOST: '127.0.0.1', PORT: '0' },
      cwd: join(rootfs, config.WorkingDir),
    });
    server.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    const port = await until('the server to listen', () => /"port":(\d+)/.exec(printed)?.[1]);
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    server?.kill('SIGKILL');
    await rm(rootfs, { recursive: true, force: true });
  });

  it('unpacks to the files of the model and of the server', async () => {
    expect(await filesBelow(join(rootfs, 'opt/ml/model'))).toEqual(await filesBelow(exampleModel('v2')));
    expect(await filesBelow(join(rootfs, 'opt/server'))).toEqual(await filesBelow(runtime));
    expect((await readdir(rootfs)).sort()).toEqual(['opt']);
  });

  it('answers its own serving input', async () => {
    const answer = await fetch(`${url}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: await servingInput('v2'),
    });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      predictions: [
        { progression: 104.10906982421875 },
        { progression: 74.2445297241211 },
        { progression: 88.2885971069336 },
      ],
    });
  });

  it('is alive, healthy and says which MLflow wrote the model', async () => {
    const bodies = await Promise.all(
      ['/', '/ping', '/health', '/version'].map(async (path) => (await fetch(url + path)).text()),
    );

    expect(bodies).toEqual(['Healthy', '\n', '\n', '3.17.2']);
  });

  it('is the same image when it is built again, and sends nothing', async () => {
    const sent = images.sent.length;
    const again = await build();

    expect(again.digest).toBe(built.digest);
    expect(images.sent.slice(sent).filter((digest) => built.layers.some((layer) => layer.digest === digest))).toEqual(
      [],
    );
  });

  it('ends at SIGTERM with status 0', async () => {
    server.kill('SIGTERM');
    const [code] = (await once(server, 'exit')) as [number];

    expect(code).toBe(0);
  });
});

describe('the scoring server', () => {
  it.each([
    ['there is no model', { MLFLOW_MODEL_URI: '/nowhere' }, 'ENOENT'],
    ['nothing says where the model is', {}, 'MLFLOW_MODEL_URI or AZUREML_MODEL_DIR'],
    ['a setting is wrong', { MLFLOW_MODEL_URI: exampleModel('v1'), PORT: 'x' }, 'PORT'],
    ['the model has no graph', { AZUREML_MODEL_DIR: tmpdir(), MLFLOW_MODEL_FOLDER: 'scoring-broken' }, 'model.onnx'],
  ])('ends with status 1 and the reason when %s', async (_, env, reason) => {
    await mkdir(join(tmpdir(), 'scoring-broken'), { recursive: true });
    await writeFile(join(tmpdir(), 'scoring-broken', 'MLmodel'), 'flavors: {onnx: {data: model.onnx}}');
    const ended = run(process.execPath, [join(await scoringRuntime(), 'main.mjs')], { env });

    await expect(ended).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining(reason) });
  });
});
