import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEgressUrl, createEgress, isPublicAddress } from '../../../shared/platform/http/egress.ts';

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
  const server = createServer((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: '/ok' }).end();
    else if (request.url === '/large') response.writeHead(500).end('x'.repeat(100_000));
    else response.writeHead(200, { 'retry-after': '7' }).end('fine');
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

  it('says who did not answer', async () => {
    await expect(createEgress('allow').post('http://127.0.0.1:1/', request)).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
      message: expect.stringContaining('127.0.0.1'),
    });
  });
});
