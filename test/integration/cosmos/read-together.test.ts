import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

const PARTITIONS = Array.from({ length: 20 }, (_, n) => `p${n}`);

let cosmos: TestCosmos;
let container: Container;
let documents: Documents;

const readAll = () => Promise.all(PARTITIONS.map((partition) => documents.read(partition, 'a')));

describe('reads at the same time', () => {
  beforeAll(async () => {
    cosmos = await startTestCosmos();
  });
  afterAll(() => cosmos.close());
  beforeEach(async () => {
    await cosmos.clearFaults();
    container = await cosmos.container();
    documents = createCosmosDocuments(container);
    for (const partition of PARTITIONS) {
      await documents.commit(partition, [{ op: 'create', value: { id: 'a', kind: 'thing' } }]);
    }
    await readAll();
  });

  it('find everything also when their common request fails', async () => {
    await cosmos.fail({ status: 400, count: 1, match: { method: 'POST' } });

    expect((await readAll()).every((stored) => stored !== undefined)).toBe(true);
  });

  it('each say that the service is unreachable when it is', async () => {
    await cosmos.fail({ status: 400, count: 1, match: { method: 'POST' } });
    await cosmos.fail({ status: 403, count: PARTITIONS.length, match: { method: 'GET' } });

    const outcomes = await Promise.allSettled(PARTITIONS.map((partition) => documents.read(partition, 'a')));

    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
  });

  it('each say that the container is missing, and not that the document is', async () => {
    await container.delete();

    await expect(readAll()).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
  });
});
