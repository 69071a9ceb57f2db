import type { Container, OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

let cosmos: TestCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());
beforeEach(async () => {
  container = await cosmos.container();
});

const ids = async (): Promise<string[]> =>
  (await container.items.query<string>('SELECT VALUE c.id FROM c').fetchAll()).resources.sort();

const create = (id: string, rest: Record<string, string | number> = {}): OperationInput => ({
  operationType: 'Create',
  resourceBody: { id, partition: 'p', ...rest },
});

describe('a transactional batch', () => {
  it('runs every kind of operation and answers each with its own status, version and body', async () => {
    await container.items.create({ id: 'there', partition: 'p', n: 1 });
    await container.items.create({ id: 'gone', partition: 'p' });
    const { code, result } = await container.items.batch(
      [
        create('a'),
        { operationType: 'Upsert', resourceBody: { id: 'b', partition: 'p' } },
        { operationType: 'Replace', id: 'there', resourceBody: { id: 'there', partition: 'p', n: 2 } },
        { operationType: 'Patch', id: 'there', resourceBody: [{ op: 'incr', path: '/n', value: 3 }] },
        { operationType: 'Read', id: 'there' },
        { operationType: 'Delete', id: 'gone' },
      ],
      'p',
    );
    expect(code).toBe(200);
    expect(result?.map(({ statusCode }) => statusCode)).toEqual([201, 201, 200, 200, 200, 204]);
    expect(result?.[4]?.resourceBody).toMatchObject({ n: 5, _etag: result?.[3]?.eTag });
    expect(await ids()).toEqual(['a', 'b', 'there']);
  });

  it.each<{ name: string; failing: OperationInput; status: number }>([
    { name: 'a create of what exists', failing: create('there'), status: 409 },
    {
      name: 'a replace of what is gone',
      failing: { operationType: 'Replace', id: 'x', resourceBody: { id: 'x', partition: 'p' } },
      status: 404,
    },
    { name: 'a read of what is gone', failing: { operationType: 'Read', id: 'x' }, status: 404 },
    { name: 'a delete of what is gone', failing: { operationType: 'Delete', id: 'x' }, status: 404 },
    {
      name: 'a condition that does not hold',
      failing: { operationType: 'Upsert', resourceBody: { id: 'there', partition: 'p' }, ifMatch: '"other"' },
      status: 412,
    },
    {
      name: 'a patch that cannot apply',
      failing: { operationType: 'Patch', id: 'there', resourceBody: [{ op: 'remove', path: '/nowhere' }] },
      status: 400,
    },
    {
      name: 'an item of another partition',
      failing: { operationType: 'Create', resourceBody: { id: 'x', partition: 'q' } },
      status: 400,
    },
  ])(
    'with $name is 207: that operation has $status, the others 424, and nothing is stored',
    async ({ failing, status }) => {
      await container.items.create({ id: 'there', partition: 'p' });
      const { code, result } = await container.items.batch([create('first'), failing, create('last')], 'p');
      expect(code).toBe(207);
      expect(result?.map(({ statusCode }) => statusCode)).toEqual([424, status, 424]);
      expect(await ids()).toEqual(['there']);
    },
  );

  it('takes a condition on each operation', async () => {
    const { etag } = await container.items.create({ id: 'a', partition: 'p', n: 1 });
    const replace = {
      operationType: 'Replace',
      id: 'a',
      resourceBody: { id: 'a', partition: 'p', n: 2 },
      ifMatch: etag,
    } as const;
    expect((await container.items.batch([replace, create('b')], 'p')).code).toBe(200);
    expect((await container.items.batch([replace, create('c')], 'p')).result?.[0]?.statusCode).toBe(412);
    expect(await ids()).toEqual(['a', 'b']);
  });

  it('takes 100 operations and no more', async () => {
    const operations = Array.from({ length: 101 }, (_, index) => create(`i${index}`));
    await expect(container.items.batch(operations, 'p')).rejects.toThrow(/100 operations/);
    expect((await container.items.batch(operations.slice(0, 100), 'p')).code).toBe(200);
  });

  it('refuses more than 2 MB with 413', async () => {
    const operations = [create('a', { text: 'x'.repeat(1_100_000) }), create('b', { text: 'x'.repeat(1_100_000) })];
    await expect(container.items.batch(operations, 'p')).rejects.toMatchObject({ cause: { code: 413 } });
    expect(await ids()).toEqual([]);
  });

  it('holds unique keys also between its own operations', async () => {
    container = await cosmos.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/name'] }] } });
    const { result } = await container.items.batch([create('a', { name: 'n' }), create('b', { name: 'n' })], 'p');
    expect(result?.map(({ statusCode }) => statusCode)).toEqual([424, 409]);
    expect(await ids()).toEqual([]);
  });
});

describe('bulk operations', () => {
  it('succeed and fail each on its own, across partitions', async () => {
    await container.items.create({ id: 'there', partition: 'p' });
    const results = await container.items.executeBulkOperations([
      { operationType: 'Create', partitionKey: 'p', resourceBody: { id: 'there', partition: 'p' } },
      { operationType: 'Create', partitionKey: 'p', resourceBody: { id: 'a', partition: 'p' } },
      { operationType: 'Create', partitionKey: 'q', resourceBody: { id: 'b', partition: 'q' } },
    ]);
    expect(results.map(({ response, error }) => response?.statusCode ?? error?.code)).toEqual([409, 201, 201]);
    expect(await ids()).toEqual(['a', 'b', 'there']);
  });
});
