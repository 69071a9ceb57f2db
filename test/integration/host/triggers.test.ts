import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostProcess, startHostProcess } from '../../support/host-process.ts';
import { runsOf } from '../../support/host-seen.ts';
import { until } from '../../support/until.ts';

let host: HostProcess;
let dataDir: string;

const settings = {
  // Nobody listens there: a storage account that is away must not keep the rest from working.
  Jobs: 'DefaultEndpointsProtocol=http;AccountName=away;AccountKey=YXdheQ==;QueueEndpoint=http://127.0.0.1:1/away',
  WORK_QUEUE: 'work',
  YEARLY: '0 0 0 1 1 *',
  'AzureWebJobs.switched-off.Disabled': 'true',
};

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'slipway-host-'));
  // As a host left it that was down over New Year.
  await mkdir(path.join(dataDir, 'timers'));
  await writeFile(
    path.join(dataDir, 'timers', 'yearly.json'),
    JSON.stringify({
      Last: '2025-01-01T00:00:00.000Z',
      Next: '2026-01-01T00:00:00.000Z',
      LastUpdated: '2025-01-01T00:00:01.000Z',
    }),
  );
  host = await startHostProcess({ app: 'trigger-app.ts', settings, dataDir });
});

afterAll(async () => {
  await host.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const seenBy = (fn: string) => runsOf(host, fn);

describe('a timer trigger', () => {
  it('fires on its schedule', async () => {
    const runs = await until('two runs', async () => {
      const found = await seenBy('every-second');
      return found.length >= 2 && found;
    });

    expect(runs[0]?.isPastDue).toBe(false);
  });

  it('is past due after downtime, once, and writes when it is next', async () => {
    const runs = await until('the late run', async () => {
      const found = await seenBy('yearly');
      return found.length > 0 && found;
    });

    expect(runs).toMatchObject([{ isPastDue: true, status: { next: '2026-01-01T00:00:00.000Z' } }]);
    const stored = JSON.parse(await readFile(path.join(dataDir, 'timers', 'yearly.json'), 'utf8')) as { Next: string };
    expect(stored.Next).toMatch(/^20\d\d-01-01T00:00:00.000Z$/);
    expect(Date.parse(stored.Next)).toBeGreaterThan(Date.parse('2026-01-01T00:00:00.000Z'));
  });

  it('fires at start when it says so', async () => {
    const runs = await until('the run', async () => {
      const found = await seenBy('at-start');
      return found.length > 0 && found;
    });

    expect(runs).toMatchObject([{ isPastDue: false, status: null }]);
  });

  it('is retried as its function says', async () => {
    const runs = await until('three runs', async () => {
      const found = await seenBy('retried');
      return found.length >= 3 && found;
    });

    expect(runs.map(({ retry }) => retry?.retryCount)).toEqual([0, 1, 2]);
  });
});

const webhook = (init: RequestInit, name = 'on-event') =>
  fetch(`${host.url}/runtime/webhooks/EventGrid?functionName=${name}`, init);

const post = (kind: string | undefined, body: unknown) =>
  webhook({
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(kind !== undefined && { 'aeg-event-type': kind }) },
  });

const gridEvent = (id: string, data: object = {}) => ({
  id,
  data,
  subject: 's',
  eventType: 't',
  eventTime: '2026-01-01T00:00:00Z',
  dataVersion: '1',
});
const cloudEvent = (id: string, data: unknown = {}) => ({ specversion: '1.0', id, source: '/x', type: 't', data });

describe('the Event Grid webhook', () => {
  it('runs each event of a list on its own', async () => {
    const response = await post('Notification', [gridEvent('g1', { n: 1 }), gridEvent('g2')]);

    expect(response.status).toBe(202);
    expect((await seenBy('on-event')).filter(({ id }) => id?.startsWith('g'))).toMatchObject([
      { id: 'g1', data: { n: 1 }, metadata: { data: { n: 1 } } },
      { id: 'g2' },
    ]);
  });

  it('runs a single CloudEvent', async () => {
    expect((await post('Notification', cloudEvent('c1'))).status).toBe(202);
    expect(await seenBy('on-event')).toContainEqual(expect.objectContaining({ id: 'c1', source: '/x' }));
  });

  it('answers 500 with the message when one event fails, after all have run', async () => {
    const response = await post('Notification', [gridEvent('f1', { fail: 'no luck' }), gridEvent('f2')]);

    expect(response.status).toBe(500);
    expect(await response.text()).toBe('no luck');
    expect(await seenBy('on-event')).toContainEqual(expect.objectContaining({ id: 'f2' }));
  });

  it.each([
    ['a list', [gridEvent('v', { validationCode: 'abc' })]],
    ['one event', gridEvent('v', { validationCode: 'abc' })],
    ['a CloudEvent with its data in a string', cloudEvent('v', '{"validationCode":"abc"}')],
  ])('answers the validation code of %s', async (_, body) => {
    const response = await post('SubscriptionValidation', body);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ validationResponse: 'abc' });
  });

  it.each([
    ['eventgrid.azure.cn', 'eventgrid.azure.cn'],
    ['evil.example', 'eventgrid.azure.net'],
  ])('allows the origin %s as %s', async (asked, allowed) => {
    const response = await webhook({ method: 'OPTIONS', headers: { 'webhook-request-origin': asked } });

    expect(response.status).toBe(200);
    expect(response.headers.get('webhook-allowed-origin')).toBe(allowed);
  });

  it.each([
    ['Unsubscribe', [], 202],
    [undefined, [gridEvent('x')], 400],
    ['Other', [gridEvent('x')], 400],
    ['Notification', 'text', 400],
  ])('answers event type %s with %j by %i', async (kind, body, status) => {
    expect((await post(kind, body)).status).toBe(status);
  });

  it.each(['', 'unknown', 'on-message'])('does not know a function %j', async (name) => {
    const response = await webhook({ method: 'OPTIONS' }, name);

    expect(response.status).toBe(404);
    expect(await response.text()).toContain(name);
  });
});

describe('an app that does not stream', () => {
  it.each(['POST', 'DELETE'])('gets and gives a body with %s', async (method) => {
    const body = Uint8Array.from([0, 255, 10, 128]);

    const response = await fetch(`${host.url}/buffered/n?q=1`, { method, body });

    expect(response.status).toBe(202);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(body);
    expect(response.headers.get('x-name')).toBe('n');
    expect(response.headers.get('x-query')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual([
      'c=v; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT; Secure; SameSite=Lax',
    ]);
  });

  it.each([
    ['/buffered-nothing', 204],
    ['/buffered-throws', 500],
  ])('answers %s with %i', async (route, status) => {
    expect((await fetch(`${host.url}${route}`)).status).toBe(status);
  });
});

describe('indexing', () => {
  const REFUSED = {
    reserved: 'belongs to the host itself',
    rival: "takes requests that another function's route takes",
    'bad-schedule': 'is not an NCRONTAB expression',
    'no-setting': "app setting 'NOT_SET'",
    'no-connection': "app setting 'NotSet'",
    'on-blob': "binding type 'blobTrigger' is not served",
    'writes-table': "binding type 'table' (out) is not served",
  };

  it('refuses only the functions it cannot serve, and names them', () => {
    expect([...host.ready.refused].sort()).toEqual(Object.keys(REFUSED).sort());
  });

  it.each(Object.entries(REFUSED))('says why %s is refused: %s', async (name, reason) => {
    const errors = host.logs.filter(
      ({ level, message }) => level === 'error' && message.includes(`'${name}' is NOT served`),
    );
    const { error } = (await (await fetch(`${host.url}/admin/functions/${name}`)).json()) as { error: string };
    const status = (await (await fetch(`${host.url}/admin/host/status`)).json()) as { state: string; errors: string[] };

    expect(errors).toHaveLength(1);
    expect(error).toContain(reason);
    expect(status.state).toBe('Running');
    expect(status.errors.join('\n')).toContain(name);
  });

  it('leaves a disabled function out', async () => {
    expect((await fetch(`${host.url}/switched-off`)).status).toBe(404);
    expect(await (await fetch(`${host.url}/admin/functions/switched-off`)).json()).toMatchObject({ isDisabled: true });
  });
});

describe('the admin API', () => {
  const run = (name: string, body: unknown) =>
    fetch(`${host.url}/admin/functions/${name}`, { method: 'POST', body: JSON.stringify(body) });

  it('runs a timer now', async () => {
    const before = (await seenBy('at-start')).length;

    expect((await run('at-start', {})).status).toBe(202);

    await until('the run', async () => (await seenBy('at-start')).length === before + 1);
  });

  it('gives a queue function its input', async () => {
    expect((await run('on-message', { input: 'by hand' })).status).toBe(202);

    await until('the run', async () => (await seenBy('on-message')).some(({ done }) => done === 'by hand'));
  });

  it.each([
    ['unknown', 404],
    ['switched-off', 400],
    ['seen', 400],
  ])('answers a run of %s with %i', async (name, status) => {
    expect((await run(name, {})).status).toBe(status);
  });
});
