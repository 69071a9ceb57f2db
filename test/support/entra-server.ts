import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export const TENANT = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
export const CLIENT_ID = '11111111-2222-4333-8444-555555555555';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

const newKey = async (): Promise<SigningKey> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = randomUUID();
  // As Entra publishes them: without `alg`.
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
};

/** What stands in for Entra's keys: a server that a test can turn off, and whose keys it can change. */
export const startEntraServer = async () => {
  let published: SigningKey[] = [await newKey()];
  let failure: number | undefined;
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (failure !== undefined || request.url !== `/${TENANT}/discovery/v2.0/keys`) {
      response.writeHead(failure ?? 404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const current = (): SigningKey => {
    const key = published.at(-1);
    if (key === undefined) throw new Error('there is no key');
    return key;
  };
  return {
    authority,
    current,
    /** How often the keys were asked for. */
    asked: () => asked,
    /** Answers with this status from now on; undefined: works again. */
    fail: (status: number | undefined) => {
      failure = status;
    },
    rotate: async () => {
      published = [await newKey()];
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise<unknown>((resolve) => server.close(resolve));
    },
    /** The claims of an access token of version 2 for a person, an hour long. */
    claims: (more: Record<string, unknown> = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return {
        iss: `${authority}/${TENANT}/v2.0`,
        aud: CLIENT_ID,
        iat: now,
        nbf: now,
        exp: now + 3600,
        azp: '99999999-0000-4000-8000-000000000000',
        preferred_username: 'ada@example.com',
        roles: ['Slipway.Publisher'],
        ...more,
      };
    },
    sign: (claims: Record<string, unknown>, { kid, privateKey } = current()) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey),
  };
};

export type EntraServer = Awaited<ReturnType<typeof startEntraServer>>;
