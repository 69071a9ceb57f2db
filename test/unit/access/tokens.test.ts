import { describe, expect, it } from 'vitest';
import { revokeToken } from '../../../shared/platform/access/change-tokens.ts';
import { newToken, tokenIdOf } from '../../../shared/platform/access/token.ts';
import { createAccessWorld } from '../../support/access.ts';

const CAUSE = { causedBy: 'req-2', correlationId: 'req-2', actor: 'root' };
const HOUR_MS = 3_600_000;

const idOf = (token: string): string => tokenIdOf(token) ?? '';

describe('a token', () => {
  it('has an id to be found by, and 256 bits nobody can guess', () => {
    const { id, token } = newToken();

    expect(token).toMatch(new RegExp(`^slp_${id}_[A-Za-z0-9_-]{43}$`));
    expect(new Set(Array.from({ length: 100 }, () => newToken().token)).size).toBe(100);
  });

  it('tells who shows it and what he may', async () => {
    const { tokenVerifier, tokenFor } = createAccessWorld();
    const token = await tokenFor([{ role: 'publisher', models: ['heart-*'] }], 'heart-team');

    const caller = await tokenVerifier.verify({ secret: token });
    expect(caller?.actor).toBe('token heart-team');
    expect(caller?.may('publisher', 'heart-2')).toBe(true);
    expect(caller?.may('publisher', 'fraud')).toBe(false);
    expect((await tokenVerifier.verify({ user: 'ada', secret: token }))?.actor).toBe('ada (token heart-team)');
  });

  it('is stored as its hash only', async () => {
    const { tokenFor, stored } = createAccessWorld();
    const token = await tokenFor([{ role: 'reader' }]);

    expect(stored()).toContain(idOf(token));
    expect(stored()).not.toContain(token.slice(`slp_${idOf(token)}_`.length));
  });

  it.each<[string, (token: string) => string]>([
    ['another secret', (token) => `${token.slice(0, -4)}AAAA`],
    ['an id that does not exist', (token) => token.replace(/^slp_./, token.startsWith('slp_a') ? 'slp_b' : 'slp_a')],
  ])('is refused with %s', async (_, change) => {
    const { tokenVerifier, tokenFor } = createAccessWorld();
    const token = await tokenFor([{ role: 'admin' }]);

    await expect(tokenVerifier.verify({ secret: change(token) })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      details: { refusal: 'wrong' },
    });
  });

  it('is not what has another form', async () => {
    const { tokenVerifier, reads } = createAccessWorld();

    for (const secret of ['', 'slp_', 'slp_zz_x', `slp_${'a'.repeat(20)}_short`, 'a.b.c']) {
      expect(await tokenVerifier.verify({ secret })).toBeUndefined();
    }
    expect(reads).toEqual([]);
  });

  it('is over when its time has come, also while it is remembered', async () => {
    const { tokenVerifier, tokens, tokenFor, clock, pass } = createAccessWorld();
    const token = await tokenFor([{ role: 'reader' }], 'short');
    const stored = await tokens.read(idOf(token));
    if (stored === undefined) throw new Error('the token is not stored');
    await tokens.put({ ...stored.value, expiresAt: (clock() + 1000) as never }, stored.etag);

    expect(await tokenVerifier.verify({ secret: token })).toBeDefined();
    pass(1000);
    await expect(tokenVerifier.verify({ secret: token })).rejects.toThrow(/the token 'short' expired at 2026-01-01/);
  });

  it('that is used often is read twice a minute at most, and its use is written once an hour', async () => {
    const { tokenVerifier, tokenFor, tokens, reads, pass, clock } = createAccessWorld();
    const token = await tokenFor([{ role: 'reader' }]);
    await tokenVerifier.verify({ secret: token });
    const firstUse = clock();
    reads.length = 0;

    for (let calls = 0; calls < 1000; calls += 1) {
      pass(60);
      await tokenVerifier.verify({ secret: token });
    }

    expect(reads.length).toBeLessThanOrEqual(2);
    expect((await tokens.read(idOf(token)))?.value.lastUsedAt).toBe(firstUse);
    pass(HOUR_MS);
    await tokenVerifier.verify({ secret: token });
    expect((await tokens.read(idOf(token)))?.value.lastUsedAt).toBe(clock());
  });

  it('works also while its use cannot be noted', async () => {
    const world = createAccessWorld();
    const token = await world.tokenFor([{ role: 'reader' }]);
    world.settings.commit = () => Promise.reject(new Error('no request units left'));

    expect(await world.tokenVerifier.verify({ secret: token })).toBeDefined();
  });

  it('cannot be checked while the store is away, and is neither taken nor called wrong', async () => {
    const world = createAccessWorld();
    const token = await world.tokenFor([{ role: 'reader' }]);
    world.settings.read = () => Promise.reject(new Error('the store is away'));

    await expect(world.tokenVerifier.verify({ secret: token })).rejects.toThrow('the store is away');
  });
});

describe('revoking', () => {
  it('ends a token within 30 seconds where it is remembered', async () => {
    const { tokenVerifier, tokenFor, tokens, clock, pass } = createAccessWorld();
    const token = await tokenFor([{ role: 'reader' }], 'lost');
    await tokenVerifier.verify({ secret: token });
    await revokeToken({ tokens, clock }, idOf(token), 'root', CAUSE);

    pass(29_999);
    expect(await tokenVerifier.verify({ secret: token })).toBeDefined();
    pass(1);
    await expect(tokenVerifier.verify({ secret: token })).rejects.toThrow(/the token 'lost' was revoked at/);
  });

  it('ends it at once where it was revoked', async () => {
    const { tokenVerifier, tokenFor, tokens, clock } = createAccessWorld();
    const token = await tokenFor([{ role: 'reader' }]);
    await tokenVerifier.verify({ secret: token });
    await revokeToken({ tokens, clock }, idOf(token), 'root', CAUSE);
    tokenVerifier.forget(idOf(token));

    await expect(tokenVerifier.verify({ secret: token })).rejects.toMatchObject({ details: { refusal: 'revoked' } });
  });

  it('is told once, with who did it, in the batch that does it', async () => {
    const { tokenFor, tokens, clock, journal, pass } = createAccessWorld();
    const id = idOf(await tokenFor([{ role: 'reader' }]));
    pass(1000);
    const first = await revokeToken({ tokens, clock }, id, 'root', CAUSE);
    pass(1000);

    expect(await revokeToken({ tokens, clock }, id, 'eve', CAUSE)).toEqual(first);
    expect(journal().map(({ type }) => type)).toEqual(['slipway.token.created', 'slipway.token.revoked']);
    expect(journal()[1]).toMatchObject({ subject: `tokens/${id}`, actor: 'root', causedBy: 'req-2' });
  });

  it('survives a use that is noted at the same moment', async () => {
    const world = createAccessWorld();
    const token = await world.tokenFor([{ role: 'reader' }]);
    const services = { tokens: world.tokens, clock: world.clock };

    await Promise.all([
      world.tokenVerifier.verify({ secret: token }),
      revokeToken(services, idOf(token), 'root', CAUSE),
    ]);

    expect((await world.tokens.read(idOf(token)))?.value.revokedAt).toBe(world.clock());
  });

  it('finds no token that is not there', async () => {
    const { tokens, clock } = createAccessWorld();

    await expect(revokeToken({ tokens, clock }, 'a'.repeat(20), 'root', CAUSE)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});
