import { describe, expect, it } from 'vitest';
import { parseChallenge } from '../../../shared/azure/container-registry/challenge.ts';
import { parseRegistryAddress, trustedUrl } from '../../../shared/azure/container-registry/registry-address.ts';
import { fromRefusal, isTransient, parseRetryAfter } from '../../../shared/azure/container-registry/registry-error.ts';

describe('the address of a registry', () => {
  it.each([
    ['example.azurecr.io', 'https://example.azurecr.io', '', 'example.azurecr.io'],
    ['https://ghcr.io/team/', 'https://ghcr.io', 'team/', 'ghcr.io/team'],
    ['registry.example:8443/a/b-c', 'https://registry.example:8443', 'a/b-c/', 'registry.example:8443/a/b-c'],
    ['http://127.0.0.1:5000/team', 'http://127.0.0.1:5000', 'team/', '127.0.0.1:5000/team'],
    ['http://localhost:5000', 'http://localhost:5000', '', 'localhost:5000'],
  ])('%s is %s', (text, origin, prefix, reference) => {
    const address = parseRegistryAddress(text, 'refuse');
    expect({ ...address, origin: address.origin.origin }).toEqual({ origin, prefix, reference });
  });

  it.each([
    ['http://registry.example', /https/],
    ['ftp://registry.example', /https/],
    ['https://user:secret@registry.example', /user or password/],
    ['registry.example/Team', /path/],
    ['registry.example/a//b', /path/],
    ['registry.example/a?b=c', /host and a path/],
    ['https://', /host name/],
  ])('is not %s', (text, problem) => {
    expect(() => parseRegistryAddress(text, 'refuse')).toThrow(problem);
  });

  it('may be http elsewhere where private addresses may be called', () => {
    expect(parseRegistryAddress('http://registry.test:5000', 'allow').reference).toBe('registry.test:5000');
  });
});

describe('a place that a registry names', () => {
  const registry = new URL('https://registry.example');

  it.each([
    '/v2/a/blobs/uploads/1?_state=x%2By',
    'https://registry.example:8443/token',
    'https://tokens.example/token?a=b',
    'https://8.8.8.8/blob',
  ])('may be %s', (text) => {
    expect(trustedUrl(text, registry, registry).href).toBe(new URL(text, registry).href);
  });

  it.each([
    'http://registry.example/token',
    'http://tokens.example/token',
    'https://127.0.0.1/token',
    'https://[::1]/token',
    'https://localhost/token',
    'https://169.254.169.254/latest',
    'https://[::ffff:10.0.0.1]/blob',
    'https://192.168.1.1:5000/blob',
    'https://0x7f.1/blob',
    'file:///etc/passwd',
  ])('may not be %s', (text) => {
    expect(() => trustedUrl(text, registry, registry)).toThrow(/may not be called/);
  });

  it('may be http on the host of a registry that is http itself', () => {
    const local = new URL('http://127.0.0.1:5000');
    expect(trustedUrl('http://127.0.0.1:5001/token', local, local).port).toBe('5001');
    expect(() => trustedUrl('http://127.0.0.2/token', local, local)).toThrow(/may not be called/);
  });
});

describe('what a registry asks for', () => {
  const bearer = (realm: string, service: string) => ({ scheme: 'bearer', realm, service });

  it.each([
    ['Bearer realm="https://a/t",service="s.io",scope="x:y:z"', bearer('https://a/t', 's.io')],
    ['bearer Realm=https://a/t, Service=s.io', bearer('https://a/t', 's.io')],
    ['Bearer realm="https://a/t?x=1,2",service="a \\"b\\""', bearer('https://a/t?x=1,2', 'a "b"')],
    ['Bearer realm="https://a/t"', bearer('https://a/t', '')],
    ['Basic realm="r", Bearer realm="https://a/t",service="s"', bearer('https://a/t', 's')],
    ['Bearer realm="https://a/t",service="s", Basic realm="r"', bearer('https://a/t', 's')],
    ['Basic realm="Registry Realm"', { scheme: 'basic' }],
    ['Basic', { scheme: 'basic' }],
    ['Negotiate', undefined],
    ['', undefined],
  ])('%s', (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });

  it('may come in several headers', () => {
    expect(parseChallenge(['Negotiate', 'Bearer realm="https://a/t",service="s"'])).toEqual(bearer('https://a/t', 's'));
  });

  it('is nothing when there is no header', () => {
    expect(parseChallenge(undefined)).toBeUndefined();
  });
});

describe('a refusal of a registry', () => {
  const body = (code: string) => JSON.stringify({ errors: [{ code, message: 'as it says' }] });

  it.each([
    [400, 'DIGEST_INVALID', 'INVALID_STATE', false],
    [400, 'MANIFEST_BLOB_UNKNOWN', 'INVALID_STATE', false],
    [404, 'MANIFEST_BLOB_UNKNOWN', 'INVALID_STATE', false],
    [401, 'UNAUTHORIZED', 'PERMISSION_DENIED', false],
    [403, 'DENIED', 'PERMISSION_DENIED', false],
    [404, 'NAME_UNKNOWN', 'RESOURCE_DOES_NOT_EXIST', false],
    [405, 'UNSUPPORTED', 'NOT_IMPLEMENTED', false],
    [413, 'SIZE_INVALID', 'PAYLOAD_TOO_LARGE', false],
    [408, 'X', 'TEMPORARILY_UNAVAILABLE', true],
    [429, 'TOOMANYREQUESTS', 'REQUEST_LIMIT_EXCEEDED', true],
    [500, 'UNKNOWN', 'TEMPORARILY_UNAVAILABLE', true],
    [503, 'X', 'TEMPORARILY_UNAVAILABLE', true],
  ])('of %i %s is %s', (status, registryCode, code, again) => {
    const error = fromRefusal('do it', { status, retryAfter: undefined, body: body(registryCode) });

    expect(error).toMatchObject({ code, details: { status, registryCode } });
    expect(error.message).toContain('as it says');
    expect(isTransient(error)).toBe(again);
  });

  it('may say nothing, or what is no JSON', () => {
    expect(fromRefusal('do it', { status: 502, retryAfter: undefined, body: '<html>' }).message).toBe(
      'the registry would not do it (502)',
    );
  });

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('is to be tried again after %s', (header, expected) => {
    expect(parseRetryAfter(header, 10_000)).toBe(expected);
  });
});
