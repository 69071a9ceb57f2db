import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleModel } from '../../support/packaging/example-models.ts';
import { scoringRuntime } from '../../support/packaging/scoring-runtime.ts';

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the command slipway', () => {
  let folder: string;
  let server: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
    server = await scoringRuntime();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const slipway = (...words: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const env = { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: join(folder, 'cache'), SCORING_SERVER_DIR: server };
      execFile(process.execPath, [MAIN, ...words], { env }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });

  const copyOf = async (name: string, change: (model: string) => Promise<unknown>): Promise<string> => {
    const model = join(folder, name);
    await cp(exampleModel('v2'), model, { recursive: true });
    await change(model);
    return model;
  };

  it('says what a model folder holds', async () => {
    const { code, out, err } = await slipway('model', 'inspect', exampleModel('v2'));

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^servable by the ONNX server/);
    expect(out).toMatch(/^takes +age: double$/m);
    expect(out).toMatch(/^request +\{"dataframe_split"/m);
  });

  it('says it as JSON', async () => {
    const { code, out } = await slipway('model', 'inspect', exampleModel('v2'), '--json');

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ serving: { kind: 'servable', server: 'node' }, missing: [] });
  });

  it.each([
    ['no model', async (model: string) => rm(join(model, 'MLmodel')), 'mlmodel-missing'],
    ['a link', async (model: string) => symlink('/etc/hostname', join(model, 'data')), "'data' is a link"],
    ['a whiteout', async (model: string) => writeFile(join(model, '.wh.a'), ''), 'path-not-allowed'],
  ])('ends with 2 for a folder that holds %s', async (name, change, words) => {
    const { code, out } = await slipway('model', 'inspect', await copyOf(name, change));

    expect(code).toBe(2);
    expect(out).toContain(words);
  });

  it('reads only the beginning of a file of nine gigabytes', async () => {
    const model = await copyOf('huge', async (path) => {
      await writeFile(join(path, 'weights.bin'), '');
      await truncate(join(path, 'weights.bin'), 9 * 1024 ** 3);
    });
    const began = performance.now();
    const { code, out } = await slipway('model', 'inspect', model);

    expect(code).toBe(0);
    expect(out).toContain('9.0 GiB  weights.bin');
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it.each([
    ['a folder that is not there', ['model', 'inspect', '/not/there'], '/not/there does not exist'],
    ['a command that is not there', ['model', 'look'], "unknown command 'look'"],
    ['no place for the image', ['package', 'build', '.', '--name', 'a', '--version', '1'], '--output oci:<folder>'],
  ])('ends with 1 and a sentence for %s', async (_, words, sentence) => {
    const { code, out, err } = await slipway(...words);

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/^ +at /m);
  });

  it('packages a model, looks at the image and verifies it', async () => {
    const layout = `oci:${join(folder, 'out')}`;
    const name = `${layout}:models/diabetes:v2`;
    const build = ['package', 'build', exampleModel('v2'), '--name', 'diabetes', '--version', '2', '--output', layout];
    const first = await slipway(...build, '--json');
    expect(first).toMatchObject({ code: 0, err: '' });
    const { digest } = JSON.parse(first.out) as { readonly digest: string };
    const again = await slipway(...build, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ digest, sentBytes: 0 });

    const seen = await slipway('package', 'inspect', name);
    expect(seen.out).toContain(digest);
    expect(seen.out).toMatch(/^model +diabetes version 2$/m);
    expect(seen.out).toMatch(/^attached +(bill of materials|provenance)/m);

    expect(await slipway('package', 'verify', exampleModel('v2'), name)).toMatchObject({
      code: 0,
      out: `equal the folder gives ${digest}\n`,
    });
    const other = await slipway('package', 'verify', exampleModel('v3'), name);
    expect(other.code).toBe(2);
    expect(other.out).toContain('model.onnx is not what the image holds');

    const missing = await slipway('package', 'inspect', `${layout}:models/diabetes:v7`);
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('models/diabetes has v2') });
    expect(JSON.parse(await readFile(join(folder, 'out', 'oci-layout'), 'utf8'))).toHaveProperty('imageLayoutVersion');
  });

  it('packages no model that is refused', async () => {
    const model = await copyOf('refused', (path) => rm(join(path, 'model.onnx')));
    const flags = ['--name', 'a', '--version', '1', '--output', `oci:${join(folder, 'none')}`];
    const { code, err } = await slipway('package', 'build', model, ...flags);

    expect(code).toBe(2);
    expect(err).toMatch(/^refused .*model\.onnx.*\(file-missing\)$/m);
  });
});
