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

const specOf = (config: Parameters<typeof containerSpec>[0], environmentVariables: Record<string, string> = {}) =>
  containerSpec(config, { rootfs, port: 4711, ownDir: '/own', environmentVariables });

describe('containerSpec', () => {
  it.each(['node', '/usr/local/bin/node'])('runs %s as the running Node', (node) => {
    const spec = specOf({ Entrypoint: [node, '/opt/app/server.mjs'], Cmd: ['--model=/opt/ml/model', '/not/there'] });
    expect(spec.command).toBe(process.execPath);
    expect(spec.isNode).toBe(true);
    expect(spec.args).toEqual([
      join(rootfs, 'opt/app/server.mjs'),
      `--model=${join(rootfs, 'opt/ml/model')}`,
      '/not/there',
    ]);
  });

  it('runs a command of the image from the unpacked root', () => {
    expect(specOf({ Entrypoint: ['/opt/app/bin/serve'] }).command).toBe(join(rootfs, 'opt/app/bin/serve'));
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
