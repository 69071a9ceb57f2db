import type { Container, PatchOperation } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

let cosmos: TestCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await startTestCosmos();
  container = await cosmos.container();
});
afterAll(() => cosmos.close());
beforeEach(() => container.items.upsert({ id: 'a', partition: 'p', n: 1, list: [1, 2], nested: { x: 'y' } }));

const patched = async (operations: PatchOperation[]): Promise<unknown> =>
  (await container.item('a', 'p').patch(operations)).resource;

describe('a patch', () => {
  it.each<{ name: string; operations: PatchOperation[]; expected: object }>([
    { name: 'adds a property', operations: [{ op: 'add', path: '/m', value: 2 }], expected: { m: 2 } },
    {
      name: 'inserts into an array',
      operations: [{ op: 'add', path: '/list/1', value: 9 }],
      expected: { list: [1, 9, 2] },
    },
    {
      name: 'appends to an array',
      operations: [{ op: 'add', path: '/list/-', value: 3 }],
      expected: { list: [1, 2, 3] },
    },
    {
      name: 'sets a property that is there or not',
      operations: [{ op: 'set', path: '/nested/z', value: { deep: true } }],
      expected: { nested: { x: 'y', z: { deep: true } } },
    },
    {
      name: 'sets an element of an array',
      operations: [{ op: 'set', path: '/list/0', value: 7 }],
      expected: { list: [7, 2] },
    },
    {
      name: 'replaces what is there',
      operations: [{ op: 'replace', path: '/nested/x', value: null }],
      expected: { nested: { x: null } },
    },
    { name: 'removes from an array', operations: [{ op: 'remove', path: '/list/0' }], expected: { list: [2] } },
    { name: 'increments', operations: [{ op: 'incr', path: '/n', value: -2.5 }], expected: { n: -1.5 } },
    { name: 'increments from nothing', operations: [{ op: 'incr', path: '/fresh', value: 4 }], expected: { fresh: 4 } },
    {
      name: 'applies operations in order',
      operations: [
        { op: 'set', path: '/q', value: 1 },
        { op: 'incr', path: '/q', value: 1 },
      ],
      expected: { q: 2 },
    },
    {
      name: 'reads ~1 in a path as a slash',
      operations: [{ op: 'set', path: '/a~1b', value: 1 }],
      expected: { 'a/b': 1 },
    },
  ])('$name', async ({ operations, expected }) => {
    expect(await patched(operations)).toMatchObject(expected);
  });

  it('moves a value', async () => {
    const move = { op: 'move', from: '/nested/x', path: '/moved' } as unknown as PatchOperation;
    expect(await patched([move])).toMatchObject({ nested: {}, moved: 'y' });
  });

  it.each<{ name: string; operations: PatchOperation[] }>([
    { name: 'replaces what is not there', operations: [{ op: 'replace', path: '/nowhere', value: 1 }] },
    { name: 'removes what is not there', operations: [{ op: 'remove', path: '/nowhere' }] },
    { name: 'increments text', operations: [{ op: 'incr', path: '/nested/x', value: 1 }] },
    { name: 'goes through what is not there', operations: [{ op: 'set', path: '/no/where', value: 1 }] },
    { name: 'is beyond the end of an array', operations: [{ op: 'add', path: '/list/5', value: 1 }] },
    { name: 'changes the id', operations: [{ op: 'set', path: '/id', value: 'b' }] },
    { name: 'changes the partition key', operations: [{ op: 'set', path: '/partition', value: 'q' }] },
    {
      name: 'has more than ten operations',
      operations: Array.from({ length: 11 }, () => ({ op: 'set', path: '/n', value: 1 }) as const),
    },
  ])('that $name is refused with 400 and changes nothing', async ({ operations }) => {
    const before = (await container.item('a', 'p').read()).resource;
    await expect(patched(operations)).rejects.toMatchObject({ code: 400 });
    expect((await container.item('a', 'p').read()).resource).toEqual(before);
  });

  it('applies none of its operations when one cannot', async () => {
    await expect(
      patched([
        { op: 'set', path: '/n', value: 9 },
        { op: 'remove', path: '/nowhere' },
      ]),
    ).rejects.toMatchObject({ code: 400 });
    expect((await container.item('a', 'p').read()).resource).toMatchObject({ n: 1 });
  });

  it('applies under its condition, and is 412 otherwise', async () => {
    const operations: PatchOperation[] = [{ op: 'incr', path: '/n', value: 1 }];
    const under = (condition: string) => container.item('a', 'p').patch({ condition, operations });
    await expect(under('from c where c.n = 1')).resolves.toMatchObject({ statusCode: 200 });
    await expect(under('from c where c.n = 1')).rejects.toMatchObject({ code: 412 });
  });

  it('is 404 for an item that is not there, and 412 for another version', async () => {
    await expect(container.item('gone', 'p').patch([{ op: 'set', path: '/n', value: 1 }])).rejects.toMatchObject({
      code: 404,
    });
    const stale = container
      .item('a', 'p')
      .patch([{ op: 'set', path: '/n', value: 1 }], { accessCondition: { type: 'IfMatch', condition: '"other"' } });
    await expect(stale).rejects.toMatchObject({ code: 412 });
  });
});
