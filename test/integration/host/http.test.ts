import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostProcess, startHostProcess } from '../../support/host-process.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;

let host: HostProcess;

beforeAll(async () => {
  host = await startHostProcess({ app: 'http-app.ts' });
});

afterAll(async () => {
  await host.stop();
});

const get = (path: string, init?: RequestInit) => fetch(`${host.url}${path}`, init);

const state = async () =>
  (await (await get('/state')).json()) as { produced: number; cancelled: boolean; rss: number; hooks: string[] };

describe('the routing table', () => {
  it.each([
    ['GET', '/items', 'item-list', {}],
    ['GET', '/ITEMS/', 'item-list', {}],
    ['POST', '/items', 'item-create', {}],
    ['GET', '/items/new', 'item-new', {}],
    ['GET', '/items/42', 'item-number', { id: '42' }],
    ['GET', '/items/4x', 'item-any', { id: '4x' }],
    ['GET', '/items/a%20b', 'item-any', { id: 'a b' }],
    ['GET', '/items/a%2Fb', 'item-any', { id: 'a%2Fb' }],
    ['GET', '/items/7/parts', 'item-part', { id: '7' }],
    ['GET', '/items/7/parts/8', 'item-part', { id: '7', part: '8' }],
    ['GET', '/files', 'file', {}],
    ['GET', '/files/a/b/c.txt', 'file', { path: 'a/b/c.txt' }],
    ['GET', '/files/x.tar.gz/meta', 'file-meta', { name: 'x.tar', extension: 'gz' }],
    ['GET', '/files/a/%2e%2e/%2e%2e/items', 'item-list', {}],
    ['GET', '/colours/red', 'colour', { name: 'red' }],
    ['GET', '/unrouted', 'unrouted', {}],
  ])('gives %s %s to %s', async (method, path, name, params) => {
    const response = await get(path, { method });

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ name, params });
  });

  it.each([
    ['DELETE', '/items'],
    ['GET', '/nowhere'],
    ['GET', '/colours/scarlet'],
    ['GET', '/items/1/parts/2/3'],
    ['GET', '/runtime/webhooks/other'],
  ])('answers %s %s with 404', async (method, path) => {
    expect((await get(path, { method })).status).toBe(404);
  });

  it('refuses a host header that cannot be in a URL', async () => {
    expect(await raw('GET /items HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  });
});

describe('a request', () => {
  it('keeps its URL, repeated query values and headers', async () => {
    const response = await get('/inspect?a=1&a=2&b=%C3%A9', { headers: { 'x-given': 'yes' } });

    expect(await response.json()).toMatchObject({
      url: `${host.url}/inspect?a=1&a=2&b=%C3%A9`,
      query: [
        ['a', '1'],
        ['a', '2'],
        ['b', 'é'],
      ],
      header: 'yes',
    });
  });

  it('goes on in the trace of its caller', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    const { trace } = (await (await get('/inspect', { headers: { traceparent } })).json()) as { trace: string };

    expect(trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(trace).not.toBe(traceparent);
  });

  it('has an invocation id of its own, also in the log', async () => {
    const { invocationId } = (await (await get('/inspect')).json()) as { invocationId: string };

    await until('the log line', () =>
      host.logs.some((line) => (line as { invocationId?: string }).invocationId === invocationId),
    );
  });

  it.each(['POST', 'PUT', 'DELETE'])('carries binary bytes in a %s both ways', async (method) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);

    const response = await get('/echo', { method, body: bytes, headers: { 'content-type': 'application/x-any' } });

    expect(response.headers.get('content-type')).toBe('application/x-any');
    expect(response.headers.get('x-method')).toBe(method);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });
});

describe('a response', () => {
  it('sets every cookie', async () => {
    expect((await get('/cookies')).headers.getSetCookie()).toEqual([
      'a=1%202; Path=/; HttpOnly',
      'b=2; Max-Age=60; SameSite=Strict',
    ]);
  });

  it.each([
    ['/nothing', 204, ''],
    ['/teapot', 418, 'short and stout'],
    ['/throws', 500, ''],
    ['/not-an-object', 500, ''],
    ['/hooked', 201, 'hooked'],
  ])('of %s is %i', async (path, status, body) => {
    const response = await get(path);

    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
  });

  it('is cut, not ended, when its body fails half way', async () => {
    await expect(get('/breaks-off').then((response) => response.text())).rejects.toThrow();
  });

  it('shows what hooks around the function did', async () => {
    expect((await get('/hooked')).headers.get('x-hook')).toBe('pre');
    expect((await state()).hooks).toEqual(['appStart']);
  });
});

describe('streaming', () => {
  it('takes 384 MiB up without holding half of them', async () => {
    const before = (await state()).rss;
    const body = Readable.from(mebibytes(384));

    const response = await get('/upload', {
      method: 'PUT',
      body: body as never,
      duplex: 'half',
    } as never);
    const { bytes, peakRss } = (await response.json()) as { bytes: number; peakRss: number };

    expect(bytes).toBe(384 * MIB);
    expect(peakRss - before).toBeLessThan(192 * MIB);
  });

  it('gives 64 MiB down', async () => {
    const response = await get('/download?mb=64');
    let bytes = 0;
    for await (const chunk of response.body ?? []) bytes += (chunk as Uint8Array).length;

    expect(bytes).toBe(64 * MIB);
  });

  it('makes no more than a slow client takes, and stops when it goes', async () => {
    const request = httpRequest(`${host.url}/download?mb=256`);
    request.on('response', (response) => response.pause()).end();
    await until('the first data', async () => (await state()).produced > 0);
    const settled = await until('the producer to wait', settledProduction);
    request.destroy();

    expect(settled).toBeLessThan(32);
    await until('the producer to be told', async () => (await state()).cancelled);
  });

  it('lets a client read the answer to an upload that nobody reads', async () => {
    const body = Readable.from(mebibytes(16));

    const response = await get('/refuses-body', {
      method: 'POST',
      body: body as never,
      duplex: 'half',
    } as never);

    expect(response.status).toBe(413);
    expect((await get('/teapot')).status).toBe(418);
  });

  it('uses a connection again after an answer to a body that nobody read', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: unknown[] = [];
    for (const size of [0, 10, 70_000, 300_000, 10]) statuses.push(await postTo('/refuses-body', size, agent));
    agent.destroy();

    expect(statuses).toEqual([413, 413, 413, 413, 413]);
  });

  it('outlives clients that go away at any moment', async () => {
    const calls = [
      'PUT /upload',
      'POST /echo',
      'POST /refuses-body',
      'GET /download?mb=64',
      'GET /events',
      'GET /slow',
    ];

    await Promise.all(calls.flatMap((call) => [0, 1, 3, 10, 30].map((ms) => callAndVanish(call, ms))));

    expect((await get('/teapot')).status).toBe(418);
  });

  it('sends events as they come, and tells the function when the listener goes', async () => {
    const abort = new AbortController();
    const response = await get('/events', { signal: abort.signal });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    abort.abort();

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(new TextDecoder().decode(first?.value as Uint8Array)).toBe('data: 1\n\n');
    await until('the function to be told', async () => (await state()).cancelled);
  });
});

describe('stopping', () => {
  it('does not wait for a connection on which nothing was sent', async () => {
    const own = await startHostProcess({ app: 'http-app.ts' });
    const { hostname, port } = new URL(own.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    await until('the connection', () => socket.readyState === 'open');
    const startedAt = performance.now();

    expect(await own.stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });

  it('lets a running request finish, ends event streams and exits 0', async () => {
    const own = await startHostProcess({ app: 'http-app.ts' });
    const slow = fetch(`${own.url}/slow`).then((response) => response.text());
    const events = (await fetch(`${own.url}/events`)).text();
    await until(
      'both requests to run',
      () => own.logs.filter(({ message }) => message.startsWith('Executing')).length === 2,
    );
    const startedAt = performance.now();

    const code = await own.stop();

    expect(code).toBe(0);
    expect(await slow).toBe('done');
    await expect(events).resolves.toBeDefined();
    expect(performance.now() - startedAt).toBeLessThan(4000);
    expect(own.logs.map(({ message }) => message)).toContain('appTerminate ran');
  });
});

function* mebibytes(count: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MIB, 'u');
  for (let index = 0; index < count; index += 1) yield chunk;
}

const postTo = (route: string, size: number, agent: Agent): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(`${host.url}${route}`, { method: 'POST', agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject).end(Buffer.alloc(size));
  });

/** Sends a part of a request, and closes the connection that many milliseconds later. */
const callAndVanish = (call: string, afterMs: number): Promise<void> =>
  new Promise((resolve) => {
    const [method = 'GET', route = '/'] = call.split(' ');
    const request = httpRequest(`${host.url}${route}`, { method });
    request.on('error', () => {}).on('close', () => resolve());
    if (method === 'GET') request.end();
    else request.write(Buffer.alloc(100_000));
    setTimeout(() => request.destroy(), afterMs);
  });

let lastProduced = -1;
const settledProduction = async (): Promise<number | false> => {
  const { produced } = await state();
  const same = produced === lastProduced;
  lastProduced = produced;
  return same && produced;
};

const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(host.url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString()));
    socket.on('error', reject);
  });
