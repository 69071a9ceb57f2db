import { beforeEach, describe, expect, it } from 'vitest';
import type { Documents, Write } from '../../shared/platform/documents.ts';
import { allThings as all, create, etagOf, idsOf, type Thing, thing } from './documents-fixture.ts';
import { pagingContract, queryContract } from './documents-queries.ts';

const readingContract = (open: () => Documents): void => {
  describe('reading', () => {
    it('returns what was stored, property by property', async () => {
      const documents = open();
      const value = { ...thing('a', { size: 2, isLive: true }), nested: { list: [1, null, 'ü'] } };
      await documents.commit('p', [create(value)]);
      expect((await documents.read('p', 'a'))?.value).toEqual(value);
    });

    it('returns undefined for an id that is not there', async () => {
      await expect(open().read('p', 'nobody')).resolves.toBeUndefined();
    });

    it.each(['a/b', 'a\\b', 'a?b', 'a#b', 'a ', ''])('returns undefined for %j, which can be no id', async (id) => {
      await expect(open().read('p', id)).resolves.toBeUndefined();
    });

    it.each([
      ['id', 'p', 'x'.repeat(5000)],
      ['partition', 'x'.repeat(5000), 'a'],
      ['partition in other letters', 'ü'.repeat(400), 'a'],
    ])('finds nothing under %s longer than any that can be stored', async (_, partition, id) => {
      await expect(open().read(partition, id)).resolves.toBeUndefined();
      await expect(open().query(partition, { kind: 'thing', limit: 10 })).resolves.toEqual({ items: [] });
    });

    it('gives each of many reads at once its own document, and undefined for what is not there', async () => {
      const documents = open();
      const there = Array.from({ length: 150 }, (_, n) => `p${n}`);
      for (const partition of there) await documents.commit(partition, [create(thing('a', { name: partition }))]);
      const asked = there.flatMap((partition) => [partition, `not-${partition}`]);

      const found = await Promise.all(asked.map((partition) => documents.read<Thing>(partition, 'a')));

      expect(found.map((stored) => stored?.value.name)).toEqual(there.flatMap((name) => [name, undefined]));
    });

    it('sees what was written before it was asked for, however many reads are under way', async () => {
      const documents = open();
      await documents.commit('p', [create(thing('a', { size: 0 }))]);
      let written = 0;
      const writer = async (): Promise<void> => {
        for (let size = 1; size <= 30; size += 1) {
          await documents.commit('p', [{ op: 'upsert', value: thing('a', { size }) }]);
          written = size;
        }
      };
      const stale: string[] = [];
      const reader = async (): Promise<void> => {
        while (written < 30) {
          const before = written;
          const size = (await documents.read<Thing>('p', 'a'))?.value.size ?? -1;
          if (size < before) stale.push(`${size} after ${before}`);
        }
      };

      await Promise.all([writer(), ...Array.from({ length: 20 }, reader)]);

      expect(stale).toEqual([]);
    });

    it('keeps the same id of two partitions apart', async () => {
      const documents = open();
      await documents.commit('p', [create(thing('a', { name: 'in p' }))]);
      await documents.commit('q', [create(thing('a', { name: 'in q' }))]);
      expect((await documents.read<Thing>('q', 'a'))?.value.name).toBe('in q');
      await expect(documents.read('r', 'a')).resolves.toBeUndefined();
    });

    it('gives every version a tag of its own', async () => {
      const documents = open();
      await documents.commit('p', [create(thing('a'))]);
      const first = await etagOf(documents, 'p', 'a');
      await documents.commit('p', [{ op: 'upsert', value: thing('a') }]);
      expect(await etagOf(documents, 'p', 'a')).not.toBe(first);
    });

    it.each(['name:a%2Fb%3F', 'ümläut 日本', 'a b&c=d+e', 'x'.repeat(255)])('takes the id %j', async (id) => {
      const documents = open();
      await documents.commit(`partition/${id}`, [create(thing(id))]);
      expect((await documents.read(`partition/${id}`, id))?.value.id).toBe(id);
    });
  });
};

const committingContract = (open: () => Documents): void => {
  describe('committing', () => {
    it('stores every write of a batch', async () => {
      const documents = open();
      await documents.commit('p', [create(thing('gone')), create(thing('b'))]);
      const outcome = await documents.commit('p', [
        create(thing('a')),
        { op: 'upsert', value: thing('c') },
        { op: 'replace', value: thing('b', { name: 'changed' }) },
        { op: 'delete', id: 'gone' },
      ]);
      expect(outcome).toEqual({ ok: true });
      expect(await idsOf(documents, 'p', all)).toEqual(['a', 'b', 'c']);
      expect((await documents.read<Thing>('p', 'b'))?.value.name).toBe('changed');
    });

    it('has nothing to do for no writes', async () => {
      await expect(open().commit('p', [])).resolves.toEqual({ ok: true });
    });

    it.each<{ name: string; write: Write; reason: string }>([
      { name: 'a create of an id that exists', write: create(thing('there')), reason: 'exists' },
      { name: 'a replace of what is gone', write: { op: 'replace', value: thing('gone') }, reason: 'missing' },
      { name: 'a delete of what is gone', write: { op: 'delete', id: 'gone' }, reason: 'missing' },
      {
        name: 'a replace of another version',
        write: { op: 'replace', value: thing('there'), etag: '"other"' },
        reason: 'changed',
      },
      { name: 'a delete of another version', write: { op: 'delete', id: 'there', etag: '"other"' }, reason: 'changed' },
    ])('stores nothing of a batch with $name, and says which write it was', async ({ write, reason }) => {
      const documents = open();
      await documents.commit('p', [create(thing('there', { name: 'before' }))]);
      const outcome = await documents.commit('p', [
        create(thing('first')),
        write,
        { op: 'upsert', value: thing('last') },
      ]);
      expect(outcome).toEqual({ ok: false, reason, index: 1 });
      expect(await idsOf(documents, 'p', all)).toEqual(['there']);
      expect((await documents.read<Thing>('p', 'there'))?.value.name).toBe('before');
    });

    it('replaces and deletes under the tag that was read', async () => {
      const documents = open();
      await documents.commit('p', [create(thing('a')), create(thing('b'))]);
      const [a, b] = [await etagOf(documents, 'p', 'a'), await etagOf(documents, 'p', 'b')];
      const outcome = await documents.commit('p', [
        { op: 'replace', value: thing('a', { name: 'changed' }), etag: a },
        { op: 'delete', id: 'b', etag: b },
      ]);
      expect(outcome).toEqual({ ok: true });
      expect(await idsOf(documents, 'p', all)).toEqual(['a']);
    });

    it('lets one of many writers of the same version win', async () => {
      const documents = open();
      await documents.commit('p', [create(thing('a'))]);
      const etag = await etagOf(documents, 'p', 'a');
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          documents.commit('p', [{ op: 'replace', value: thing('a', { name: `writer ${index}` }), etag }]),
        ),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    });

    it('sees the earlier writes of its own batch', async () => {
      const documents = open();
      const outcome = await documents.commit('p', [
        create(thing('a')),
        { op: 'replace', value: thing('a', { size: 2 }) },
      ]);
      expect(outcome).toEqual({ ok: true });
      expect((await documents.read<Thing>('p', 'a'))?.value.size).toBe(2);
    });

    it('takes 100 writes and refuses 101', async () => {
      const documents = open();
      const writes = Array.from({ length: 101 }, (_, index) => create(thing(`t${index}`)));
      await expect(documents.commit('p', writes)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
      await expect(documents.commit('p', writes.slice(0, 100))).resolves.toEqual({ ok: true });
    });

    it('refuses more than 2 MB and stores nothing of it', async () => {
      const documents = open();
      const big = thing('big', { name: 'x'.repeat(2_200_000) });
      await expect(documents.commit('p', [create(thing('a')), create(big)])).rejects.toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
      });
      expect(await idsOf(documents, 'p', all)).toEqual([]);
    });

    it.each(['partition', '_etag'])('refuses a document with the reserved property %s', async (property) => {
      const value = { ...thing('a'), [property]: 'x' };
      await expect(open().commit('p', [create(value)])).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
    });
  });
};

/** What every `Documents` promises: run on the one in memory and on the one in Cosmos DB. */
export const documentsContract = (name: string, open: () => Promise<Documents>): void => {
  describe(`Documents: ${name}`, () => {
    let documents: Documents;
    beforeEach(async () => {
      documents = await open();
    });
    const current = (): Documents => documents;
    readingContract(current);
    committingContract(current);
    queryContract(current);
    pagingContract(current);
  });
};
