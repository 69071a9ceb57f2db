import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

const WRITERS = 50;
const INCREMENTS = 10;
const BACKOFF_MS = 50;

let cosmos: TestCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await startTestCosmos();
  container = await cosmos.container();
});
afterAll(() => cosmos.close());

const increment = async (): Promise<void> => {
  for (;;) {
    const { resource, etag } = await container
      .item('counter', 'p')
      .read<{ id: string; partition: string; n: number }>();
    const next = { id: 'counter', partition: 'p', n: (resource?.n ?? 0) + 1 };
    try {
      await container.item('counter', 'p').replace(next, { accessCondition: { type: 'IfMatch', condition: etag } });
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 412) throw error;
      // As real writers do: in lockstep, all but one would lose every round.
      await sleep(Math.random() * BACKOFF_MS);
    }
  }
};

describe('many writers', () => {
  it(`of one item under If-Match lose no increment: ${WRITERS} × ${INCREMENTS} end at exactly ${WRITERS * INCREMENTS}`, async () => {
    await container.items.create({ id: 'counter', partition: 'p', n: 0 });
    const writer = async (): Promise<void> => {
      for (let index = 0; index < INCREMENTS; index += 1) await increment();
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
    expect((await container.item('counter', 'p').read()).resource).toMatchObject({ n: 500 });
  });

  it('of one new id: one creates it, the others get 409', async () => {
    const create = (): Promise<number> =>
      container.items.create({ id: 'race', partition: 'p' }).then(
        ({ statusCode }) => statusCode,
        (error: unknown) => Number((error as { code?: unknown }).code),
      );
    const statuses = await Promise.all(Array.from({ length: WRITERS }, create));
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(WRITERS - 1);
  });

  it('of whole batches leave either all of a batch or nothing', async () => {
    const batch = (writer: number): Promise<unknown> =>
      container.items.batch(
        ['x', 'y', 'z'].map(
          (id) => ({ operationType: 'Upsert', resourceBody: { id, partition: 'b', writer } }) as const,
        ),
        'b',
      );
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => batch(index)));
    const { resources } = await container.items
      .query('SELECT DISTINCT VALUE c.writer FROM c', { partitionKey: 'b' })
      .fetchAll();
    expect(resources).toHaveLength(1);
  });
});
