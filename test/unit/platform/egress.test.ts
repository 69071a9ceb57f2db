import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEgressUrl, createEgress, isPublicAddress } from '../../../shared/platform/http/egress.ts';
import { until } from '../../support/until.ts';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111'])('%s is', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    'no address',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('never is in 10.0.0.0/8, however it is written', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.nat(255), (a, b, c) => {
        expect(isPublicAddress(`10.${a}.${b}.${c}`)).toBe(false);
        expect(isPublicAddress(`::ffff:10.${a}.${b}.${c}`)).toBe(false);
      }),
    );
  });
});

describe('checkEgressUrl', () => {
  it.each([
    ['plain http', 'http://example.org/x'],
    ['another scheme', 'ftp://example.org'],
    ['no URL', 'not a url'],
    ['credentials in it', 'https://user:secret@example.org'],
    ['a loopback address', 'https://127.0.0.1/x'],
    ['a loopback address written as a number', 'https://2130706433/'],
    ['a private IPv6 address', 'https://[fc00::1]/'],
    ['the metadata service', 'https://169.254.169.254/metadata'],
  ])('refuses %s', (_, url) => {
    expect(() => checkEgressUrl(url, 'refuse')).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' }));
  });

  it('never shows the credentials it refuses', () => {
    expect(() => checkEgressUrl('https://user:hunter2@example.org', 'refuse')).not.toThrow(/hunter2/);
  });

  it('lets https to a name pass, and loopback where that is allowed', () => {
    expect(checkEgressUrl('https://hooks.example.org/a', 'refuse').hostname).toBe('hooks.example.org');
    expect(checkEgressUrl('http://127.0.0.1:9/a', 'allow').port).toBe('9');
  });
});

describe('egress', () => {
  const stalled: Socket[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/silent') return;
    if (request.url === '/redirect') response.writeHead(302, { location: '/ok' }).end();
    else if (request.url === '/large') response.writeHead(500).end('x'.repeat(100_000));
    else if (request.url === '/breaks') response.writeHead(200).write('x', () => request.socket.destroy());
    else if (request.url === '/stalls') {
      stalled.push(request.socket);
      response.writeHead(200).write('x');
    } else response.writeHead(200, { 'retry-after': '7' }).end('fine');
  });
  let base = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const request = { headers: {}, body: '{}', timeoutMs: 2000 };

  it('answers with status, body and Retry-After', async () => {
    await expect(createEgress('allow').post(`${base}/ok`, request)).resolves.toEqual({
      status: 200,
      body: 'fine',
      retryAfter: '7',
    });
  });

  it('follows no redirect', async () => {
    await expect(createEgress('allow').post(`${base}/redirect`, request)).resolves.toMatchObject({ status: 302 });
  });

  it('reads no more than 2 KiB of an answer', async () => {
    const answer = await createEgress('allow').post(`${base}/large`, request);

    expect(answer.body).toHaveLength(2048);
  });

  it('refuses a name that resolves to a private address', async () => {
    const { port } = server.address() as AddressInfo;

    await expect(createEgress('refuse').post(`https://localhost:${port}/ok`, request)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  describe('reading', () => {
    const limits = { headers: { authorization: 'Bearer me' }, timeoutMs: 300, maxBytes: 200_000 };

    it('streams the answer, whatever its status', async () => {
      const { status, body } = await createEgress('allow').get(`${base}/large`, limits);

      expect(status).toBe(500);
      expect((await buffer(body)).length).toBe(100_000);
    });

    it('follows no redirect', async () => {
      const { status, body } = await createEgress('allow').get(`${base}/redirect`, limits);
      body.destroy();

      expect(status).toBe(302);
    });

    it('stops at the limit', async () => {
      const { body } = await createEgress('allow').get(`${base}/large`, { ...limits, maxBytes: 99_999 });

      await expect(buffer(body)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    });

    it('refuses a name that resolves to a private address, and an address that is private', async () => {
      const { port } = server.address() as AddressInfo;
      const egress = createEgress('refuse');

      await expect(egress.get(`https://localhost:${port}/ok`, limits)).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      await expect(egress.get(`https://127.0.0.1:${port}/ok`, limits)).rejects.toMatchObject({
        code: 'INVALID_PARAMETER_VALUE',
      });
    });

    it.each(['/silent', '/stalls', '/breaks'])('says who did not answer to the end: %s', async (path) => {
      const reading = createEgress('allow')
        .get(`${base}${path}`, limits)
        .then(({ body }) => buffer(body));

      await expect(reading).rejects.toMatchObject({
        code: 'TEMPORARILY_UNAVAILABLE',
        message: expect.stringContaining('localhost'),
      });
    });

    it('lets go of the connection when the reader does', async () => {
      const { body } = await createEgress('allow').get(`${base}/stalls`, { ...limits, timeoutMs: 60_000 });
      body.destroy();

      await until('the connection to close', async () => stalled.every((socket) => socket.destroyed));
    });
  });

  it('says who did not answer', async () => {
    await expect(createEgress('allow').post('http://127.0.0.1:1/', request)).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
      message: expect.stringContaining('127.0.0.1'),
    });
  });
});
