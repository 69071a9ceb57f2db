import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { importPKCS8, SignJWT } from 'jose';
import { type Certificate, createCertificate, REGISTRY_USER } from './registry-server.ts';

export const SERVICE = 'registry.test';
export const ISSUER = 'slipway tests';
export const ENTRA_TOKEN = 'an-entra-token';

/** The token service of a registry, as Azure Container Registry has one: tokens for a password or for Entra's. */
export interface RegistryTokens {
  readonly realm: string;
  readonly issuer: Certificate;
  /** Every request, as in `GET /oauth2/token repository:models/a:pull`. */
  readonly asked: string[];
  /** From now on tokens live this long. */
  lifeSeconds: number;
  close(): Promise<void>;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** Starts the service on a free port of loopback. Its tokens are real ones that docker-registry verifies. */
export const startRegistryTokens = async (): Promise<RegistryTokens> => {
  const issuer = await createCertificate();
  const key = await importPKCS8(issuer.key, 'ES256');
  const x5c = [issuer.cert.replaceAll(/-----[^-]+-----|\s/g, '')];
  const state = { lifeSeconds: 300 };
  const asked: string[] = [];
  const sign = (claims: Record<string, unknown>): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c })
      .setIssuer(ISSUER)
      .setAudience(SERVICE)
      .setSubject('team')
      .setIssuedAt()
      .setNotBefore('-10s')
      .setJti(randomUUID())
      .setExpirationTime(`${state.lifeSeconds}s`)
      .sign(key);

  const answer = async ({ method, path, form, authorization }: Asked): Promise<object | number> => {
    const scopes = form.getAll('scope').flatMap((scope) => scope.split(' '));
    asked.push(`${method} ${path} ${scopes.join(' ')}`.trim());
    if (method === 'POST' && path === '/oauth2/exchange') {
      return form.get('access_token') === ENTRA_TOKEN ? { refresh_token: await sign({ grant: 'refresh' }) } : 401;
    }
    const basic = `Basic ${Buffer.from(`${REGISTRY_USER.username}:${REGISTRY_USER.password}`).toString('base64')}`;
    if (method === 'POST' ? form.get('refresh_token') === null : authorization !== basic) return 401;
    const token = await sign({ access: scopes.map(toAccess) });
    return method === 'POST' ? { access_token: token } : { token, expires_in: state.lifeSeconds };
  };

  const server = createServer((request, response) => {
    void read(request)
      .then(answer)
      .then((result) => {
        response.writeHead(typeof result === 'number' ? result : 200, { 'content-type': 'application/json' });
        response.end(typeof result === 'number' ? '{}' : JSON.stringify(result));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    realm: `http://127.0.0.1:${port}/oauth2/token`,
    issuer,
    asked,
    get lifeSeconds() {
      return state.lifeSeconds;
    },
    set lifeSeconds(seconds) {
      state.lifeSeconds = seconds;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const read = async (request: IncomingMessage): Promise<Asked> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : searchParams;
  return { method: request.method ?? '', path: pathname, form, authorization: request.headers.authorization };
};

const toAccess = (scope: string) => {
  const [type = '', name = '', actions = ''] = scope.split(':');
  return { type, name, actions: actions.split(',') };
};
