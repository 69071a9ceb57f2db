import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEntraVerifier } from '../../../shared/azure/entra/create-entra-verifier.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { CLIENT_ID, type EntraServer, startEntraServer, TENANT } from '../../support/entra-server.ts';

let entra: EntraServer;

beforeEach(async () => {
  entra = await startEntraServer();
});
afterEach(() => entra.stop());

const verifierOf = (more: Partial<Parameters<typeof createEntraVerifier>[0]> = {}) =>
  createEntraVerifier({
    tenantId: TENANT,
    audience: CLIENT_ID,
    authority: entra.authority,
    clock: systemClock,
    keyCooldownMs: 0,
    ...more,
  });

const seconds = (from: number) => Math.floor(Date.now() / 1000) + from;

describe('an access token of Entra', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a person, version 2', {}, 'ada@example.com'],
    [
      'a person, version 1',
      {
        iss: `https://sts.windows.net/${TENANT}/`,
        aud: `api://${CLIENT_ID}`,
        ver: '1.0',
        azp: undefined,
        appid: '99999999-0000-4000-8000-000000000000',
        preferred_username: undefined,
        upn: 'ada@example.com',
      },
      'ada@example.com',
    ],
    ['an application', { preferred_username: undefined }, 'app 99999999-0000-4000-8000-000000000000'],
    ['a cloud with a token service of its own', { iss: `https://sts.chinacloudapi.cn/${TENANT}/` }, 'ada@example.com'],
  ])('of %s tells who it is and what he may', async (_, claims, actor) => {
    const caller = await verifierOf()({ user: 'somebody-else', secret: await entra.sign(entra.claims(claims)) });

    expect(caller?.actor).toBe(actor);
    expect(caller?.grants).toEqual([{ role: 'publisher' }]);
  });

  it.each<[string, unknown, string[]]>([
    [
      'each role',
      ['Slipway.Reader', 'Slipway.Publisher', 'Slipway.Operator', 'Slipway.Admin'],
      ['reader', 'publisher', 'operator', 'admin'],
    ],
    ['roles of others too', ['Task.Write', 'Slipway.Operator'], ['operator']],
    ['roles in another case', ['slipway.admin', 'SLIPWAY.ADMIN'], []],
    ['no roles', undefined, []],
    ['one role that is no list', 'Slipway.Admin', []],
    ['things that are no names', [{ role: 'Slipway.Admin' }, 1, null], []],
  ])('with %s gives what they say', async (_, roles, expected) => {
    const caller = await verifierOf()({ secret: await entra.sign(entra.claims({ roles })) });

    expect(caller?.grants.map(({ role }) => role)).toEqual(expected);
  });

  it.each([CLIENT_ID, `api://${CLIENT_ID}`])(
    'may be for us by client id or by URI when we are %s',
    async (audience) => {
      for (const aud of [CLIENT_ID, `api://${CLIENT_ID}`]) {
        expect(await verifierOf({ audience })({ secret: await entra.sign(entra.claims({ aud })) })).toBeDefined();
      }
    },
  );

  it('may name a URI of its own as audience', async () => {
    const verify = verifierOf({ audience: 'https://slipway.example.com' });

    expect(
      await verify({ secret: await entra.sign(entra.claims({ aud: 'https://slipway.example.com' })) }),
    ).toBeDefined();
    await expect(verify({ secret: await entra.sign(entra.claims()) })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it.each<[string, () => Record<string, unknown>]>([
    ['of another tenant', () => ({ iss: `${entra.authority}/00000000-0000-4000-8000-000000000000/v2.0` })],
    ['of another issuer', () => ({ iss: 'https://evil.example.com/' })],
    ['without issuer', () => ({ iss: undefined })],
    ['for another application', () => ({ aud: '00000000-0000-4000-8000-000000000000' })],
    ['for Microsoft Graph', () => ({ aud: '00000003-0000-0000-c000-000000000000' })],
    ['without audience', () => ({ aud: undefined })],
    ['that is over', () => ({ exp: seconds(-120) })],
    ['without end', () => ({ exp: undefined })],
    ['that is not valid yet', () => ({ nbf: seconds(600) })],
    ['that is an ID token', () => ({ azp: undefined })],
  ])('%s is refused', async (_, claims) => {
    await expect(verifierOf()({ secret: await entra.sign(entra.claims(claims())) })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      details: { refusal: 'entra' },
    });
  });

  it('may be off by a minute, as clocks are', async () => {
    expect(await verifierOf()({ secret: await entra.sign(entra.claims({ exp: seconds(-30) })) })).toBeDefined();
    expect(await verifierOf()({ secret: await entra.sign(entra.claims({ nbf: seconds(30) })) })).toBeDefined();
  });
});

describe('a forged token', () => {
  const refused = expect.objectContaining({ code: 'UNAUTHENTICATED' });

  it('signed with a key of its own is refused, whatever key it names', async () => {
    const { privateKey } = await generateKeyPair('RS256');

    for (const kid of [entra.current().kid, 'mine']) {
      const secret = await entra.sign(entra.claims(), { ...entra.current(), kid, privateKey });
      await expect(verifierOf()({ secret })).rejects.toThrow(refused);
    }
  });

  it('without signature is refused', async () => {
    await expect(verifierOf()({ secret: new UnsecuredJWT(entra.claims()).encode() })).rejects.toThrow(refused);
  });

  it('signed with our public key as if it were a secret is refused', async () => {
    const { jwk, kid } = entra.current();
    const pem = await exportSPKI((await importJWK({ ...jwk, ext: true }, 'RS256', { extractable: true })) as never);
    for (const secretKey of [pem, jwk.n ?? '', JSON.stringify(jwk)]) {
      const secret = await new SignJWT(entra.claims())
        .setProtectedHeader({ alg: 'HS256', kid })
        .sign(new TextEncoder().encode(secretKey));
      await expect(verifierOf()({ secret })).rejects.toThrow(refused);
    }
  });

  it('that names another algorithm of the same key is refused', async () => {
    const { kid, privateKey } = entra.current();
    const samePrivateKey = await importJWK(await exportJWK(privateKey), 'PS256');
    const secret = await new SignJWT(entra.claims()).setProtectedHeader({ alg: 'PS256', kid }).sign(samePrivateKey);

    await expect(verifierOf()({ secret })).rejects.toThrow(refused);
  });

  it('that brings its key along is refused', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const secret = await new SignJWT(entra.claims())
      .setProtectedHeader({ alg: 'RS256', jwk: await exportJWK(publicKey), jku: 'https://evil.example.com/keys' })
      .sign(privateKey);

    await expect(verifierOf()({ secret })).rejects.toThrow(refused);
  });

  it('whose claims were changed is refused', async () => {
    const [header, , signature] = (await entra.sign(entra.claims())).split('.');
    const claims = Buffer.from(JSON.stringify(entra.claims({ roles: ['Slipway.Admin'] }))).toString('base64url');

    await expect(verifierOf()({ secret: `${header}.${claims}.${signature}` })).rejects.toThrow(refused);
  });

  it.each(['a.b.c', 'e30.e30.', 'e30.e30.e30', 'eyJhbGciOiJub25lIn0.e30.'])('such as %s is refused', async (secret) => {
    await expect(verifierOf()({ secret })).rejects.toThrow(refused);
  });

  it.each(['', 'token', 'slp_aaaaaaaaaaaaaaaaaaaa_x', 'a.b', 'a.b.c.d.e'])(
    'is not what has no form of one: %j',
    async (secret) => {
      expect(await verifierOf()({ secret })).toBeUndefined();
    },
  );
});

describe('the keys of Entra', () => {
  it('are read once for any number of tokens', async () => {
    const verify = verifierOf();
    for (let tokens = 0; tokens < 5; tokens += 1) await verify({ secret: await entra.sign(entra.claims()) });

    expect(entra.asked()).toBe(1);
  });

  it('may change: a new one is looked for when a token names it, and the old one no longer opens', async () => {
    const verify = verifierOf();
    const old = await entra.sign(entra.claims());
    await verify({ secret: old });
    await entra.rotate();

    expect(await verify({ secret: await entra.sign(entra.claims()) })).toBeDefined();
    await expect(verify({ secret: old })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('are not asked for again and again because of made-up key ids', async () => {
    const verify = verifierOf({ keyCooldownMs: 30_000 });
    await verify({ secret: await entra.sign(entra.claims()) });
    for (let tries = 0; tries < 20; tries += 1) {
      const forged = await entra.sign(entra.claims(), { ...entra.current(), kid: `made-up-${tries}` });
      await expect(verify({ secret: forged })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }

    expect(entra.asked()).toBe(1);
  });

  it.each([500, 503, 404])('that cannot be read, answered %i, let nobody in and call nothing wrong', async (status) => {
    const secret = await entra.sign(entra.claims());
    const verify = verifierOf();
    entra.fail(status);

    await expect(verify({ secret })).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    entra.fail(undefined);
    expect(await verify({ secret })).toBeDefined();
  });

  it('let nobody in while nobody answers, or something else does', async () => {
    const secret = await entra.sign(entra.claims());
    const portal = createServer((_, response) => response.end('<html>log in</html>'));
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;

    const atPortal = verifierOf({ authority: elsewhere });
    await expect(atPortal({ secret })).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    await new Promise((resolve) => portal.close(resolve));
    await expect(atPortal({ secret })).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });

  it('that were read go on working while they cannot be read anew', async () => {
    const verify = verifierOf();
    await verify({ secret: await entra.sign(entra.claims()) });
    entra.fail(503);

    expect(await verify({ secret: await entra.sign(entra.claims()) })).toBeDefined();
  });
});
