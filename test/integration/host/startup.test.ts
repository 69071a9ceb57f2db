import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { startHostProcess } from '../../support/host-process.ts';
import { until } from '../../support/until.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-host-'));
  return () => rm(folder, { recursive: true, force: true });
});

const hostJson = async (content: object): Promise<string> => {
  const file = path.join(folder, 'host.json');
  await writeFile(file, JSON.stringify(content));
  return file;
};

const SMALL = { version: '2.0', extensions: { http: { routePrefix: 'v1/api' } } };

describe('a host that cannot start', () => {
  it('says which error the entry point threw, and ends with 1', async () => {
    await expect(startHostProcess({ app: 'broken-app.ts' })).rejects.toThrow(/ended with 1 .*the app is broken/);
  });

  it('says what is wrong with host.json', async () => {
    const file = await hostJson({ version: '2.0', extensions: { queues: { batchSize: 33 } } });

    await expect(startHostProcess({ app: 'http-app.ts', flags: ['--host-json', file] })).rejects.toThrow(/batchSize/);
  });

  it('says that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until('the port', () => server.listening);
    const { port } = server.address() as AddressInfo;

    await expect(startHostProcess({ app: 'http-app.ts', flags: ['--port', String(port)] })).rejects.toThrow(
      /EADDRINUSE/,
    );
    server.close();
  });
});

describe('settings', () => {
  it('come from local.settings.json, where the environment does not have them', async () => {
    const file = await hostJson(SMALL);
    await writeFile(
      path.join(folder, 'local.settings.json'),
      JSON.stringify({
        IsEncrypted: false,
        Values: { ONE: 'file', TWO: 'file', 'AzureWebJobs.nothing.Disabled': 'true' },
      }),
    );
    const host = await startHostProcess({
      app: 'http-app.ts',
      settings: { TWO: 'environment' },
      flags: ['--host-json', file],
    });
    const get = async (name: string) => (await fetch(`${host.url}/v1/api/${name}`)).text();
    const answers = [await get('setting/ONE'), await get('setting/TWO'), await get('nothing')];
    await host.stop();

    expect(answers).toEqual(['"file"', '"environment"', '']);
  });
});

describe('a running host', () => {
  it('prints nothing of the app on stdout, only in its log', async () => {
    const host = await startHostProcess({ app: 'stray-app.ts' });
    await host.stop();

    expect(host.logs).toContainEqual(
      expect.objectContaining({ category: 'Host.Worker', message: 'printed while loading' }),
    );
  });

  it('fails an invocation that runs longer than functionTimeout', async () => {
    const file = await hostJson({ ...SMALL, functionTimeout: '00:00:00.300' });
    const host = await startHostProcess({ app: 'stray-app.ts', flags: ['--host-json', file] });
    const response = await fetch(`${host.url}/v1/api/hangs`);
    await host.stop();

    expect(response.status).toBe(500);
    expect(JSON.stringify(host.logs)).toContain('timed out after functionTimeout (300 ms)');
  });

  it('ends with 1 when the app throws where nobody catches', async () => {
    const host = await startHostProcess({ app: 'stray-app.ts' });
    await fetch(`${host.url}/stray`);
    await until('the end', () => host.logs.some(({ level }) => level === 'critical'));

    expect(await host.stop()).toBe(1);
  });

  it('drops log lines below the level that host.json gives their category', async () => {
    const file = await hostJson({
      ...SMALL,
      logging: { logLevel: { default: 'Warning', 'Host.Worker': 'Information' } },
    });
    const host = await startHostProcess({ app: 'http-app.ts', flags: ['--host-json', file] });
    await fetch(`${host.url}/v1/api/teapot`);
    await fetch(`${host.url}/v1/api/throws`);
    await host.stop();

    expect(host.logs.filter(({ category }) => category.startsWith('Function.')).map(({ level }) => level)).toEqual([
      'error',
    ]);
  });
});
