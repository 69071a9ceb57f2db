import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type LimitedRun, runLimited } from '../../../scoring/convert/run-limited.ts';

const node = (script: string, more: Partial<LimitedRun> = {}) =>
  runLimited({
    program: process.execPath,
    args: ['-e', script],
    folder: tmpdir(),
    env: {},
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    ...more,
  });

describe('runLimited', () => {
  it('gives what a program wrote', async () => {
    expect(await node('console.log(1); console.error(2)')).toEqual({ ended: 'ok', stdout: '1\n', stderr: '2\n' });
  });

  it('tells of a program that crashes', async () => {
    expect(await node('process.abort()')).toMatchObject({ ended: 'failed' });
  });

  it('tells of a program that is not there', async () => {
    expect(await node('', { program: '/nowhere/python' })).toMatchObject({ ended: 'failed', stderr: /ENOENT/ });
  });

  it('ends a program that takes too long, with what it started', async () => {
    const script = `
      require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' });
      setTimeout(() => {}, 60000);`;

    // It resolves when nobody holds the output any more, the grandchild neither.
    expect(await node(script, { timeoutMs: 1_000 })).toMatchObject({ ended: 'timeout' });
  });

  it('keeps this process’s environment to itself', async () => {
    expect((await node('console.log(Object.keys(process.env).length)')).stdout).toBe('0\n');
  });

  it('keeps only the end of endless output', async () => {
    const { stdout } = await node('for (let i = 0; i < 5000; i += 1) console.log("x".repeat(100)); console.log("end")');

    expect(stdout.length).toBeLessThanOrEqual(64 * 1024);
    expect(stdout).toMatch(/end\n$/);
  });
});
