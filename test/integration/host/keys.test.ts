import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostProcess, startHostProcess } from '../../support/host-process.ts';

const KEYS = {
  master: 'master-key',
  host: { default: 'host-key' },
  function: { 'level-function': { mine: 'function-key' }, 'level-admin': { mine: 'other-key' } },
  system: { eventgrid_extension: 'grid-key' },
};

let host: HostProcess;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'slipway-host-'));
  await writeFile(path.join(dataDir, 'keys.json'), JSON.stringify(KEYS));
  host = await startHostProcess({ app: 'http-app.ts', dataDir, flags: ['--enforce-keys'] });
});

afterAll(async () => {
  await host.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('keys', () => {
  it.each([
    ['/level-anonymous', undefined, 200],
    ['/level-function', undefined, 401],
    ['/level-function', 'wrong', 401],
    ['/level-function', 'grid-key', 401],
    ['/level-function', 'other-key', 401],
    ['/level-function', 'function-key', 200],
    ['/level-function', 'host-key', 200],
    ['/level-function', 'master-key', 200],
    ['/level-admin', undefined, 401],
    ['/level-admin', 'other-key', 401],
    ['/level-admin', 'host-key', 401],
    ['/level-admin', 'master-key', 200],
    ['/admin/host/status', undefined, 401],
    ['/admin/host/status', 'host-key', 401],
    ['/admin/host/status', 'master-key', 200],
    ['/runtime/webhooks/EventGrid?functionName=none', undefined, 401],
    ['/runtime/webhooks/EventGrid?functionName=none', 'host-key', 401],
    ['/runtime/webhooks/EventGrid?functionName=none', 'grid-key', 404],
    ['/runtime/webhooks/EventGrid?functionName=none', 'master-key', 404],
  ])('%s with %s is %i', async (route, key, status) => {
    const inHeader = await fetch(
      `${host.url}${route}`,
      key === undefined ? {} : { headers: { 'x-functions-key': key } },
    );
    const inQuery = await fetch(`${host.url}${route}${route.includes('?') ? '&' : '?'}code=${key ?? ''}`);

    expect([inHeader.status, inQuery.status]).toEqual([status, status]);
  });

  it('are made by the first start when there are none, readable by the owner only', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'slipway-host-'));
    const first = await startHostProcess({ app: 'http-app.ts', dataDir: own, flags: ['--enforce-keys'] });
    const keys = JSON.parse(await readFile(path.join(own, 'keys.json'), 'utf8')) as { master: string };
    const response = await fetch(`${first.url}/level-admin?code=${keys.master}`);
    const { mode } = await stat(path.join(own, 'keys.json'));
    await first.stop();
    await rm(own, { recursive: true });

    expect(response.status).toBe(200);
    expect(mode & 0o777).toBe(0o600);
    expect(keys.master).toMatch(/^[\w-]{43}$/);
  });
});
