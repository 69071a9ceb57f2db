import type { Container } from '@azure/cosmos';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCosmosClient } from '../../../shared/azure/cosmos/create-cosmos-client.ts';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import { COSMOS_TEST_KEY, startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

let cosmos: TestCosmos;
let container: Container;
let documents: Documents;
beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());
afterEach(() => cosmos.clearFaults());
beforeEach(async () => {
  container = await cosmos.container();
  documents = createCosmosDocuments(container);
  await documents.commit('p', [{ op: 'create', value: { id: 'a', kind: 'thing' } }]);
});

const EVERY_OPERATION: [string, (target: Documents) => Promise<unknown>][] = [
  ['read', (target) => target.read('p', 'a')],
  ['commit', (target) => target.commit('p', [{ op: 'upsert', value: { id: 'a', kind: 'thing' } }])],
  ['query', (target) => target.query('p', { kind: 'thing', limit: 10 })],
];

describe('documents in Cosmos DB', () => {
  describe.each(EVERY_OPERATION)('%s', (_name, operate) => {
    it('waits out a short throttling by itself', async () => {
      await cosmos.fail({ status: 429, count: 2, retryAfterMs: 1, match: { path: '/docs' } });
      await expect(operate(documents)).resolves.toBeDefined();
    });

    it('is REQUEST_LIMIT_EXCEEDED with the wait that the service asks for, when it lasts', async () => {
      await cosmos.fail({ status: 429, count: 20, retryAfterMs: 7, match: { path: `/${container.id}/` } });
      await expect(operate(documents)).rejects.toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryAfterMs: 7 });
    });

    it.each([
      [503, 'TEMPORARILY_UNAVAILABLE'],
      [408, 'TEMPORARILY_UNAVAILABLE'],
      [449, 'TEMPORARILY_UNAVAILABLE'],
      [401, 'PERMISSION_DENIED'],
      [403, 'PERMISSION_DENIED'],
      [500, 'INTERNAL_ERROR'],
    ])('turns %d into %s', async (status, code) => {
      await cosmos.fail({ status, count: 2, match: { path: `/${container.id}/` } });
      await expect(operate(documents)).rejects.toMatchObject({ name: 'SlipwayError', code });
    });

    it('is TEMPORARILY_UNAVAILABLE when nobody listens', async () => {
      const nowhere = createCosmosClient({ endpoint: 'http://127.0.0.1:1', key: COSMOS_TEST_KEY });
      const lost = createCosmosDocuments(nowhere.database('test').container('c'));
      await expect(operate(lost)).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    });

    it('is an error, and not "nothing there", when the container is missing', async () => {
      const missing = createCosmosDocuments(cosmos.client.database('test').container('missing'));
      await expect(operate(missing)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    });
  });

  it('have stored a commit whose answer was lost', async () => {
    await cosmos.fail({ status: 503, when: 'after', match: { method: 'POST', path: `/${container.id}/` } });
    const value = { id: 'b', kind: 'thing' };
    await expect(documents.commit('p', [{ op: 'create', value }])).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
    });
    expect((await documents.read('p', 'b'))?.value).toEqual(value);
    await expect(documents.commit('p', [{ op: 'create', value }])).resolves.toEqual({
      ok: false,
      reason: 'exists',
      index: 0,
    });
  });

  it('say that a broken connection is TEMPORARILY_UNAVAILABLE', async () => {
    await cosmos.fail({ status: 0, match: { method: 'POST', path: `/${container.id}/` } });
    const commit = documents.commit('p', [{ op: 'create', value: { id: 'b', kind: 'thing' } }]);
    await expect(commit).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });
});

describe('the fault hook', () => {
  it('is closed to those without the key', async () => {
    const { status } = await fetch(`${cosmos.url}/_emulator/faults`, { method: 'POST', body: '{"status":503}' });
    expect(status).toBe(401);
  });

  it('forgets its faults when told to', async () => {
    await cosmos.fail({ status: 503, count: 100 });
    await cosmos.clearFaults();
    await expect(documents.read('p', 'a')).resolves.toBeDefined();
  });
});
