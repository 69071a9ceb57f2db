import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import { createToken, revokeToken } from '../../../shared/platform/access/change-tokens.ts';
import { createNoteRefusal } from '../../../shared/platform/access/note-refusal.ts';
import { createTokenStore, type TokenStore } from '../../../shared/platform/access/token-store.ts';
import { createTokenVerifier } from '../../../shared/platform/access/verify-token.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

const CAUSE = { causedBy: 'req-1', correlationId: 'req-1', actor: 'grace' };

let cosmos: TestCosmos;
let documents: Documents;
let tokens: TokenStore;
let now = epochMs(1_767_225_600_000);

const clock = () => now;
const pass = (ms: number): void => {
  now = addMs(now, ms);
};

/** A worker of its own, which remembers what it has read. */
const newWorker = () => createTokenVerifier({ tokens, clock, log: silentLogger });

const newToken = async (name = 'ada') =>
  createToken({ tokens, clock }, { name, grants: [{ role: 'publisher', models: ['heart-*'] }] }, 'grace', CAUSE);

const entriesIn = async (partition: string): Promise<readonly JournalEntry[]> =>
  (await documents.query<JournalEntry>(partition, { kind: 'journal', limit: 100 })).items.map(({ value }) => value);

beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());
beforeEach(async () => {
  documents = createCosmosDocuments(await cosmos.container());
  tokens = createTokenStore(documents);
});

describe('tokens in Cosmos DB', () => {
  it('open on every worker until one of them revokes, and half a minute longer where they are remembered', async () => {
    const { token, stored } = await newToken();
    const [first, second] = [newWorker(), newWorker()];
    expect((await first.verify({ secret: token }))?.actor).toBe('token ada');
    expect((await second.verify({ secret: token }))?.may('publisher', 'heart-1')).toBe(true);

    await revokeToken({ tokens, clock }, stored.id, 'grace', CAUSE);
    first.forget(stored.id);

    await expect(first.verify({ secret: token })).rejects.toMatchObject({ details: { refusal: 'revoked' } });
    expect(await second.verify({ secret: token })).toBeDefined();
    pass(30_000);
    await expect(second.verify({ secret: token })).rejects.toMatchObject({ details: { refusal: 'revoked' } });
    expect((await entriesIn('token')).map(({ type, actor }) => `${type} ${actor}`).toSorted()).toEqual([
      'slipway.token.created grace',
      'slipway.token.revoked grace',
    ]);
  });

  it('stay revoked whatever else is written at the same moment', async () => {
    const { token, stored } = await newToken();
    const workers = Array.from({ length: 8 }, newWorker);

    await Promise.all([
      ...workers.map((worker) => worker.verify({ secret: token }).catch(() => {})),
      ...workers.map(() => revokeToken({ tokens, clock }, stored.id, 'grace', CAUSE)),
    ]);

    expect((await tokens.read(stored.id))?.value).toMatchObject({ revokedAt: now, revokedBy: 'grace' });
    expect((await entriesIn('token')).filter(({ type }) => type === 'slipway.token.revoked')).toHaveLength(1);
  });

  it('are neither taken nor called wrong while the store does not answer', async () => {
    const { token } = await newToken();
    await cosmos.fail({ status: 503, count: 50 });

    await expect(newWorker().verify({ secret: token })).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    await cosmos.clearFaults();
    expect(await newWorker().verify({ secret: token })).toBeDefined();
  });

  it('are listed the newest first, page by page', async () => {
    for (const name of ['one', 'two', 'three']) {
      await newToken(name);
      pass(1000);
    }
    const first = await tokens.list({ limit: 2 });
    const second = await tokens.list({ limit: 2, continuation: first.next ?? '' });

    expect([...first.items, ...second.items].map(({ value }) => value.name)).toEqual(['three', 'two', 'one']);
  });
});

describe('refused logins in Cosmos DB', () => {
  it('of one address and hour are one entry, whichever worker refuses', async () => {
    const refused = { address: '203.0.113.7', refusal: 'wrong', route: 'api-models-list' } as const;
    const workers = Array.from({ length: 4 }, () => createNoteRefusal({ documents, clock, log: silentLogger }));

    await Promise.all(workers.map((note) => note(refused, CAUSE)));

    expect(await entriesIn('access')).toHaveLength(1);
  });
});
