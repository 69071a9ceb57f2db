import { describe, expect, it } from 'vitest';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import { createCaller } from '../../../shared/platform/access/caller.ts';
import { revokeToken } from '../../../shared/platform/access/change-tokens.ts';
import { tokenIdOf } from '../../../shared/platform/access/token.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { authenticate, NOBODY } from '../../../shared/platform/http/access.ts';
import { type AccessWorldOptions, basic, bearer, createAccessWorld, ROOT_TOKEN } from '../../support/access.ts';

const CAUSE = { causedBy: 'req-1', correlationId: 'req-1' };

const createWorld = (options: AccessWorldOptions = {}) => {
  const world = createAccessWorld(options);
  const login = (authorization?: string, address = '203.0.113.7') =>
    authenticate(world.access, { authorization, address, route: 'api-models-list', cause: CAUSE });
  return { ...world, login };
};

describe('who calls', () => {
  it.each<[string, string, string]>([
    ['a bearer', bearer(ROOT_TOKEN).authorization, 'token'],
    ['user and password', basic('ada', ROOT_TOKEN).authorization, 'ada'],
    ['a password alone', basic('', ROOT_TOKEN).authorization, 'token'],
  ])('is the first admin with the token of the settings as %s', async (_, authorization, actor) => {
    const caller = await createWorld().login(authorization);

    expect(caller.actor).toBe(actor);
    expect(() => caller.requireForAll('admin')).not.toThrow();
  });

  it('is known by a token of ours, in either form', async () => {
    const { tokenFor, login } = createWorld();
    const token = await tokenFor([{ role: 'reader' }], 'ci');

    expect((await login(bearer(token).authorization)).actor).toBe('token ci');
    expect((await login(basic('ada', token).authorization)).actor).toBe('ada (token ci)');
    expect((await login(bearer(token).authorization)).may('publisher')).toBe(false);
  });

  it('is asked of Entra last, and only when it is set up', async () => {
    const shown: string[] = [];
    const entra = async ({ secret }: { readonly secret: string }) => {
      shown.push(secret);
      return secret === 'a.b.c' ? createCaller('ada@example.com', [{ role: 'reader' }]) : undefined;
    };
    const { login } = createWorld({ entra });

    expect((await login('Bearer a.b.c')).actor).toBe('ada@example.com');
    await login(bearer(ROOT_TOKEN).authorization);
    expect(shown).toEqual(['a.b.c']);
    await expect(createWorld().login('Bearer a.b.c')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each<[string, string | undefined]>([
    ['nothing', undefined],
    ['a wrong token', 'Bearer wrong'],
    ['a wrong password', basic('ada', 'wrong').authorization],
    ['the hash instead of the token', `Bearer ${'a'.repeat(64)}`],
    ['another scheme', 'Digest username="ada"'],
  ])('is refused with %s, and told how MLflow sends credentials', async (_, authorization) => {
    const refusal = createWorld().login(authorization);

    await expect(refusal).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(refusal).rejects.toThrow(/MLFLOW_TRACKING_TOKEN.*MLFLOW_TRACKING_USERNAME.*MLFLOW_TRACKING_PASSWORD/);
  });

  it('is told why a token of his is not taken, and nobody is told when it could not be checked', async () => {
    const world = createWorld();
    const token = await world.tokenFor([{ role: 'reader' }], 'old');
    await revokeToken(world, tokenIdOf(token) ?? '', 'grace', CAUSE);

    await expect(world.login(bearer(token).authorization)).rejects.toThrow(/the token 'old' was revoked at .*MLFLOW_/);
    world.settings.read = () => Promise.reject(new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the store is away'));
    world.pass(30_000);
    await expect(world.login(bearer(token).authorization)).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });

  it('is everybody where access is open, under the name he gives', async () => {
    const ask = (authorization?: string) =>
      authenticate({ mode: 'open' }, { authorization, address: 'unknown', route: 'r', cause: CAUSE });

    expect((await ask()).actor).toBe('anonymous');
    expect((await ask(basic('ada', 'x').authorization)).actor).toBe('ada');
    expect((await ask()).may('admin')).toBe(true);
    expect(NOBODY.may('reader')).toBe(false);
  });
});

describe('wrong credentials', () => {
  it('are journaled once an hour for each address, without what was shown', async () => {
    const { login, journal, pass, stored } = createWorld();
    for (let tries = 0; tries < 5; tries += 1) await login('Bearer hunter2').catch(() => {});
    pass(1);
    await login(basic('hunter2', 'hunter2').authorization, '203.0.113.8').catch(() => {});
    pass(3_600_000);
    await login('Bearer hunter2').catch(() => {});

    const entries = journal();
    expect(entries.map(({ subject }) => subject)).toEqual([
      'access/203.0.113.7',
      'access/203.0.113.8',
      'access/203.0.113.7',
    ]);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(3);
    for (const { type, data } of entries) {
      expect(type).toBe('slipway.access.refused');
      expect(eventDataSchema('slipway.access.refused').safeParse(data).success).toBe(true);
    }
    expect(stored()).not.toContain('hunter2');
  });

  it('of any number of addresses make a hundred entries an hour and no more', async () => {
    const { login, journal } = createWorld();
    for (let at = 0; at < 300; at += 1) await login('Bearer wrong', `203.0.${at >> 8}.${at & 255}`).catch(() => {});

    expect(journal()).toHaveLength(100);
  });

  it('are refused also when that cannot be journaled', async () => {
    const world = createWorld();
    world.settings.commit = () => Promise.reject(new Error('the store is away'));

    await expect(world.login('Bearer wrong')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('hold up whoever shows them and nobody else', async () => {
    const waits: number[] = [];
    const { login } = createWorld({ wait: async (ms) => void waits.push(ms) });
    for (let tries = 0; tries < 5; tries += 1) await login('Bearer wrong').catch(() => {});

    expect(waits).toEqual([250, 500]);
    await login(bearer(ROOT_TOKEN).authorization);
    expect(waits).toHaveLength(2);
  });

  it('are not those that are missing, nor those that cannot be checked now', async () => {
    const entra = () => Promise.reject(new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the keys are away'));
    const { login, journal } = createWorld({ entra });

    await expect(login()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(login('Bearer a.b.c')).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    expect(journal()).toEqual([]);
  });
});
