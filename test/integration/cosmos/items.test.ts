import type { Container } from '@azure/cosmos';
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

const MEGABYTE = 1024 * 1024;

describe('an item', () => {
  it('is created with the system properties, and read as it was created', async () => {
    const { resource, statusCode, etag } = await container.items.create({ id: 'a', partition: 'p', n: 1 });
    expect(statusCode).toBe(201);
    expect(resource).toMatchObject({ id: 'a', n: 1, _etag: etag });
    expect(Object.keys(resource ?? {})).toEqual(expect.arrayContaining(['_rid', '_self', '_ts', '_attachments']));
    expect((await container.item('a', 'p').read()).resource).toEqual(resource);
  });

  it('is created once: the second gets 409', async () => {
    await container.items.create({ id: 'a', partition: 'p' });
    await expect(container.items.create({ id: 'a', partition: 'p' })).rejects.toMatchObject({ code: 409 });
  });

  it('is found only under its own partition key', async () => {
    await container.items.create({ id: 'a', partition: 'p' });
    await expect(container.item('a', 'q').read()).resolves.toMatchObject({ statusCode: 404 });
  });

  it('is created by an upsert, then replaced by the next', async () => {
    expect((await container.items.upsert({ id: 'a', partition: 'p', n: 1 })).statusCode).toBe(201);
    expect((await container.items.upsert({ id: 'a', partition: 'p', n: 2 })).statusCode).toBe(200);
    expect((await container.item('a', 'p').read()).resource).toMatchObject({ n: 2 });
  });

  it('is replaced as a whole, and is 404 to replace when it is gone', async () => {
    await container.items.create({ id: 'a', partition: 'p', old: true });
    await container.item('a', 'p').replace({ id: 'a', partition: 'p', n: 2 });
    expect((await container.item('a', 'p').read()).resource).not.toHaveProperty('old');
    const gone = container.item('gone', 'p').replace({ id: 'gone', partition: 'p' });
    await expect(gone).rejects.toMatchObject({ code: 404 });
  });

  it('is deleted with 204, and is 404 to delete again', async () => {
    await container.items.create({ id: 'a', partition: 'p' });
    await expect(container.item('a', 'p').delete()).resolves.toMatchObject({ statusCode: 204 });
    await expect(container.item('a', 'p').delete()).rejects.toMatchObject({ code: 404 });
  });

  it('may have a null or no partition key value, which are two partitions', async () => {
    await container.items.create({ id: 'a', partition: null, n: 'null' });
    await container.items.create({ id: 'a', n: 'none' });
    expect((await container.item('a', null).read()).resource).toMatchObject({ n: 'null' });
    expect((await container.item('a', undefined).read()).resource).toMatchObject({ n: 'none' });
  });

  it.each(['with space', 'percent%2Fencoded', 'ümläut 日本', 'a&b=c+d', 'quote\'"s'])(
    'may have the id %j',
    async (id) => {
      await container.items.create({ id, partition: id });
      expect((await container.item(id, id).read()).resource).toMatchObject({ id });
    },
  );

  it.each([
    ['a question mark in the id', { id: 'a?b', partition: 'p' }],
    ['an id above 1023 bytes', { id: 'x'.repeat(1024), partition: 'p' }],
    ['a ttl of 0', { id: 'a', partition: 'p', ttl: 0 }],
  ])('is refused with 400 for %s', async (_name, body) => {
    await expect(container.items.create(body)).rejects.toMatchObject({ code: 400 });
  });

  it('is refused with 400 under the partition key of another', async () => {
    await container.items.create({ id: 'a', partition: 'p' });
    const moved = container.item('a', 'p').replace({ id: 'a', partition: 'q' });
    await expect(moved).rejects.toMatchObject({ code: 400, substatus: 1001 });
  });

  it('is refused with 413 above 2 MB', async () => {
    const text = 'x'.repeat(2 * MEGABYTE);
    await expect(container.items.create({ id: 'a', partition: 'p', text })).rejects.toMatchObject({ code: 413 });
    const justBelow = 'x'.repeat(2 * MEGABYTE - 200);
    await expect(container.items.create({ id: 'a', partition: 'p', text: justBelow })).resolves.toMatchObject({
      statusCode: 201,
    });
  });

  it('is refused with 413 also where the transport ends', async () => {
    const text = 'x'.repeat(8 * MEGABYTE);
    await expect(container.items.create({ id: 'a', partition: 'p', text })).rejects.toMatchObject({ code: 413 });
  });
});

describe('conditions', () => {
  it('replace and delete an item only in the version that If-Match names', async () => {
    const { etag } = await container.items.create({ id: 'a', partition: 'p', n: 1 });
    const accessCondition = { type: 'IfMatch', condition: etag };
    const { etag: second } = await container
      .item('a', 'p')
      .replace({ id: 'a', partition: 'p', n: 2 }, { accessCondition });
    expect(second).not.toBe(etag);
    const stale = container.item('a', 'p').replace({ id: 'a', partition: 'p', n: 3 }, { accessCondition });
    await expect(stale).rejects.toMatchObject({ code: 412 });
    await expect(container.item('a', 'p').delete({ accessCondition })).rejects.toMatchObject({ code: 412 });
    expect((await container.item('a', 'p').read()).resource).toMatchObject({ n: 2 });
  });

  it('count for an upsert only when there is something to replace', async () => {
    const accessCondition = { type: 'IfMatch', condition: '"other"' };
    await expect(container.items.upsert({ id: 'a', partition: 'p' }, { accessCondition })).resolves.toMatchObject({
      statusCode: 201,
    });
    await expect(container.items.upsert({ id: 'a', partition: 'p' }, { accessCondition })).rejects.toMatchObject({
      code: 412,
    });
  });

  it('answer a read with 304 when If-None-Match names the version there is', async () => {
    const { etag } = await container.items.create({ id: 'a', partition: 'p' });
    const accessCondition = { type: 'IfNoneMatch', condition: etag };
    await expect(container.item('a', 'p').read({ accessCondition })).resolves.toMatchObject({ statusCode: 304 });
    await container.items.upsert({ id: 'a', partition: 'p', n: 2 });
    await expect(container.item('a', 'p').read({ accessCondition })).resolves.toMatchObject({ statusCode: 200 });
  });
});

describe('the request charge', () => {
  it('follows the rules of thumb of the service', async () => {
    const small = await container.items.create({ id: 'small', partition: 'p', text: 'x'.repeat(700) });
    expect(small.requestCharge).toBeGreaterThan(5);
    expect(small.requestCharge).toBeLessThan(7);
    await container.items.create({ id: 'large', partition: 'p', text: 'x'.repeat(100 * 1024 - 300) });
    expect((await container.item('small', 'p').read()).requestCharge).toBeCloseTo(1, 1);
    expect((await container.item('large', 'p').read()).requestCharge).toBeCloseTo(10, 0);
  });
});
