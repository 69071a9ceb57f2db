import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import type { RegistryCredentials } from '../../../shared/azure/container-registry/registry-auth.ts';
import type { ImageStore } from '../../../shared/packaging/image/ports.ts';
import { descriptorOf, digestOf, opener, smallImage } from '../../support/packaging/oci-documents.ts';
import {
  createCertificate,
  haveRegistryTools,
  REGISTRY_USER,
  type RegistryServer,
  startRegistryServer,
} from '../../support/packaging/registry-server.ts';
import {
  ENTRA_TOKEN,
  ISSUER,
  type RegistryTokens,
  SERVICE,
  startRegistryTokens,
} from '../../support/packaging/registry-tokens.ts';

const installed = haveRegistryTools('credentials of a registry', 'docker-registry', 'openssl');

const entra = (token = ENTRA_TOKEN): RegistryCredentials => ({
  kind: 'entra',
  credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
});

const imagesAt = (registry: string, credentials: RegistryCredentials, ca?: string): ImageStore =>
  createRegistryImages({
    registry,
    credentials,
    privateEgress: 'refuse',
    wait: async () => undefined,
    ...(ca === undefined ? {} : { ca }),
  });

describe.skipIf(!installed)('a registry that asks for tokens', () => {
  let tokens: RegistryTokens;
  let server: RegistryServer;
  beforeAll(async () => {
    tokens = await startRegistryTokens();
    const { realm, issuer } = tokens;
    server = await startRegistryServer({ auth: { realm, service: SERVICE, issuer: ISSUER, cert: issuer.cert } });
  });
  afterAll(async () => {
    await Promise.all([server.close(), tokens.close()]);
  });
  afterEach(() => {
    tokens.asked.length = 0;
    tokens.lifeSeconds = 300;
  });

  it('is asked for one token by however many requests at once, and for none again while that is good', async () => {
    const images = imagesAt(server.url, entra());

    await Promise.all(Array.from({ length: 8 }, (_, at) => images.hasBlob('models/a', digestOf(String(at)))));
    await images.hasBlob('models/a', digestOf('later'));

    expect(tokens.asked).toEqual(['POST /oauth2/exchange', 'POST /oauth2/token repository:models/a:pull']);
  });

  it('is asked again for a token that ends within half a minute, but not for the refresh token', async () => {
    const images = imagesAt(server.url, entra());
    await images.hasBlob('models/a', digestOf('1'));
    tokens.lifeSeconds = 20;
    await images.listTags('models/b');
    await images.listTags('models/b');

    expect(tokens.asked).toEqual([
      'POST /oauth2/exchange',
      'POST /oauth2/token repository:models/a:pull',
      'POST /oauth2/token repository:models/b:pull',
      'POST /oauth2/token repository:models/b:pull',
    ]);
  });

  it('is asked for both repositories at once when a blob is mounted', async () => {
    const images = imagesAt(server.url, entra());
    await images.putBlob('models/from', descriptorOf('mounted'), opener('mounted'));
    tokens.asked.length = 0;

    expect(await images.mountBlob('models/to', digestOf('mounted'), 'models/from')).toBe(true);
    expect(tokens.asked).toEqual(['POST /oauth2/token repository:models/from:pull repository:models/to:pull,push']);
  });

  it('gives tokens for a password too', async () => {
    const images = imagesAt(server.url, { kind: 'basic', ...REGISTRY_USER });
    const manifest = await smallImage(images, 'models/p', 'password');
    await images.putManifest('models/p', manifest, 'v1');

    expect(await images.readManifest('models/p', 'v1')).toEqual(manifest);
    expect(tokens.asked[0]).toBe('GET /oauth2/token repository:models/p:pull,push');
  });

  it.each<[string, RegistryCredentials]>([
    ['another Entra token', entra('not-ours')],
    ['another password', { kind: 'basic', username: 'team', password: 'wrong' }],
    ['nothing', { kind: 'anonymous' }],
  ])('refuses %s, and says so without repeating it', async (_, credentials) => {
    const refused = imagesAt(server.url, credentials).hasBlob('models/a', digestOf('1'));

    await expect(refused).rejects.toMatchObject({ code: 'PERMISSION_DENIED', details: { status: 401 } });
    await expect(refused).rejects.not.toThrow(/not-ours|wrong/);
  });
});

describe.skipIf(!installed)('a registry that asks for a password', () => {
  let server: RegistryServer;
  let ca: string;
  beforeAll(async () => {
    const tls = await createCertificate();
    ca = tls.cert;
    server = await startRegistryServer({ tls, auth: 'basic' });
  });
  afterAll(() => server.close());

  it.each<[string, RegistryCredentials]>([
    ['the wrong one', { kind: 'basic', username: 'team', password: 'wrong' }],
    ['none', { kind: 'anonymous' }],
    ['Entra instead', entra()],
  ])('refuses %s', async (_, credentials) => {
    const refused = imagesAt(server.host, credentials, ca).hasBlob('models/a', digestOf('1'));
    await expect(refused).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('is not trusted when nobody vouches for its certificate', async () => {
    const refused = imagesAt(server.host, { kind: 'basic', ...REGISTRY_USER }).listTags('models/a');
    await expect(refused).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });
});

describe('credentials', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.closeAllConnections();
  });

  /** Answers everything with the same, and remembers the Authorization headers that it got. */
  const answering = async (
    status: number,
    headers: (host: string) => Record<string, string>,
  ): Promise<{ host: string; got: (string | undefined)[] }> => {
    const got: (string | undefined)[] = [];
    let host = '';
    const server = createServer((request, response) => {
      got.push(request.headers.authorization);
      const open = request.url === '/v2/';
      response.writeHead(open ? 401 : status, open ? { 'www-authenticate': 'Basic realm="x"' } : headers(host)).end();
    });
    servers.push(server.unref());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { host, got };
  };

  it('go to the registry only, not to where it redirects', async () => {
    const elsewhere = await answering(404, () => ({}));
    const registry = await answering(307, () => ({ location: `http://${elsewhere.host}/blob` }));

    const read = imagesAt(`http://${registry.host}`, { kind: 'basic', ...REGISTRY_USER }).readBlob('a', digestOf('x'));

    await expect(read).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
    expect(registry.got.at(-1)).toMatch(/^Basic /);
    expect(elsewhere.got).toEqual([undefined]);
  });

  it.each([
    ['on a private address', 'https://10.1.2.3/token'],
    ['without TLS', 'http://tokens.example/token'],
    ['of this machine', 'https://localhost/token'],
    ['of the cloud’s metadata', 'http://169.254.169.254/token'],
  ])('are not sent for a token to a realm %s', async (_, realm) => {
    const registry = await answering(401, () => ({ 'www-authenticate': `Bearer realm="${realm}",service="x"` }));

    const asked = imagesAt(`http://${registry.host}`, { kind: 'basic', ...REGISTRY_USER }).listTags('models/a');

    await expect(asked).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('of Entra are kept from a token service that is not on the registry’s own host', async () => {
    const registry = await answering(401, () => ({
      'www-authenticate': 'Bearer realm="https://tokens.example/token",service="x"',
    }));
    let asked = 0;
    const credential = {
      getToken: async () => {
        asked += 1;
        return { token: ENTRA_TOKEN, expiresOnTimestamp: 0 };
      },
    };

    await expect(
      imagesAt(`http://${registry.host}`, { kind: 'entra', credential }).listTags('models/a'),
    ).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(asked).toBe(0);
  });
});
