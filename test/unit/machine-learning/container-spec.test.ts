import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerSpec } from '../../../local/machine-learning/container-spec.ts';

let rootfs: string;
beforeAll(() => {
  rootfs = mkdtempSync(join(tmpdir(), 'rootfs-'));
  for (const dir of ['opt/app/bin', 'opt/ml/model']) mkdirSync(join(rootfs, dir), { recursive: true });
  for (const file of ['opt/app/server.mjs', 'opt/app/bin/serve']) writeFileSync(join(rootfs, file), '');
});
afterAll(() => rmSync(rootfs, { recursive: true }));

const specOf = (
  config: Parameters<typeof containerSpec>[0],
  environmentVariables: Record<string, string> = {},
  pythons: Record<string, string> = {},
) => containerSpec(config, { rootfs, port: 4711, ownDir: '/own', environmentVariables, pythons });

describe('containerSpec', () => {
  it.each(['node', '/usr/local/bin/node'])('runs %s as the running Node', (node) => {
    const spec = specOf({ Entrypoint: [node, '/opt/app/server.mjs'], Cmd: ['--model=/opt/ml/model', '/not/there'] });
    expect(spec.command).toBe(process.execPath);
    expect(spec.runtime).toBe('node');
    expect(spec.args).toEqual([
      join(rootfs, 'opt/app/server.mjs'),
      `--model=${join(rootfs, 'opt/ml/model')}`,
      '/not/there',
    ]);
  });

  it('runs a command of the image from the unpacked root', () => {
    expect(specOf({ Entrypoint: ['/opt/app/bin/serve'] })).toMatchObject({
      command: join(rootfs, 'opt/app/bin/serve'),
      runtime: 'native',
    });
  });

  it.each([
    ['python3.9', '/pythons/3.9'],
    ['/usr/local/bin/python3.12', '/pythons/3.12'],
    ['python3', '/pythons/3.12'],
  ])('runs %s as the Python of this machine that has the same minor version, or as the newest', (python, path) => {
    const pythons = { '3.12': '/pythons/3.12', '3.9': '/pythons/3.9' };
    const spec = specOf({ Entrypoint: [python, '-I', '-S', '/opt/app/server.mjs'] }, {}, pythons);

    expect(spec).toMatchObject({ command: path, args: ['-I', '-S', join(rootfs, 'opt/app/server.mjs')] });
    expect(spec.runtime).toBe('python');
  });

  it.each([
    [{}, 'python3', 'no Python'],
    [{ '3.10': '/a', '3.9': '/b' }, 'python3.11', 'Python 3.9, 3.10'],
  ])('with %j refuses %s, and says what there is', (pythons, python, there) => {
    expect(() => specOf({ Entrypoint: [python] }, {}, pythons)).toThrow(
      `the image runs with ${python}, but this machine has ${there}: install it`,
    );
  });

  it('has the environment of image and deployment, with paths in the unpacked root, and of ours only PATH', () => {
    const { env } = specOf(
      {
        Entrypoint: ['node'],
        Env: ['A=1', 'B=1', 'DIR=/opt/ml', 'LIST=/opt/app:/opt/ml', 'PATH=/opt/app/bin:/usr/bin'],
      },
      { B: '2', MODEL: '/opt/ml/model' },
    );
    expect(env).toEqual({
      HOST: '127.0.0.1',
      A: '1',
      B: '2',
      DIR: join(rootfs, 'opt/ml'),
      LIST: `${join(rootfs, 'opt/app')}:${join(rootfs, 'opt/ml')}`,
      MODEL: join(rootfs, 'opt/ml/model'),
      PATH: `${join(rootfs, 'opt/app/bin')}:/usr/bin:${process.env['PATH']}`,
      PORT: '4711',
      HOME: '/own/home',
      TMPDIR: '/own/tmp',
    });
  });

  it('starts in the working directory of the image', () => {
    expect(specOf({ Entrypoint: ['node'], WorkingDir: '/opt/ml' }).cwd).toBe(join(rootfs, 'opt/ml'));
    expect(specOf({ Entrypoint: ['node'], WorkingDir: '/gone' }).cwd).toBe(rootfs);
  });

  it('refuses an image without a command', () => expect(() => specOf({})).toThrow('neither Entrypoint nor Cmd'));
});
