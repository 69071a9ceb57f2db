import { describe, expect, it } from 'vitest';
import type { Document, Documents, Query } from '../../shared/platform/documents.ts';
import { allThings as all, create, etagOf, idsOf, pages, type Thing, thing } from './documents-fixture.ts';

export const queryContract = (open: () => Documents): void => {
  describe('querying', () => {
    const seeded = async (): Promise<Documents> => {
      const documents = open();
      await documents.commit('p', [
        create(thing('a', { size: 1, state: 'ready', isLive: true })),
        create(thing('b', { size: 2, state: 'ready', isLive: false })),
        create(thing('c', { size: 3, state: 'failed' })),
        create(thing('d', { name: 'alpha' })),
        create({ id: 'other', kind: 'entry' }),
      ]);
      await documents.commit('q', [create(thing('e', { size: 2, state: 'ready' }))]);
      return documents;
    };

    it('gives the documents of one kind and one partition, with their tags', async () => {
      const documents = await seeded();
      const { items, next } = await documents.query<Thing>('p', all);
      expect(items.map(({ value }) => value.id).sort()).toEqual(['a', 'b', 'c', 'd']);
      expect(items.find(({ value }) => value.id === 'a')?.etag).toBe(await etagOf(documents, 'p', 'a'));
      expect(items.find(({ value }) => value.id === 'a')?.value).toEqual(
        thing('a', { size: 1, state: 'ready', isLive: true }),
      );
      expect(next).toBeUndefined();
    });

    it('gives those of every partition when none is named', async () => {
      expect(await idsOf(await seeded(), undefined, all)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('gives nothing of a partition that is not there', async () => {
      expect(await idsOf(await seeded(), 'nowhere', all)).toEqual([]);
    });

    it.each<{ name: string; where: Query['where']; ids: string[] }>([
      { name: '=', where: [{ path: 'state', op: '=', value: 'ready' }], ids: ['a', 'b'] },
      { name: '= of a boolean', where: [{ path: 'isLive', op: '=', value: true }], ids: ['a'] },
      { name: '= of another type', where: [{ path: 'size', op: '=', value: '1' }], ids: [] },
      { name: '!=, not of a missing property', where: [{ path: 'state', op: '!=', value: 'ready' }], ids: ['c'] },
      { name: '<', where: [{ path: 'size', op: '<', value: 2 }], ids: ['a'] },
      { name: '<=', where: [{ path: 'size', op: '<=', value: 2 }], ids: ['a', 'b'] },
      { name: '>', where: [{ path: 'size', op: '>', value: 2 }], ids: ['c'] },
      { name: '>=', where: [{ path: 'size', op: '>=', value: 2 }], ids: ['b', 'c'] },
      { name: '>= of text', where: [{ path: 'name', op: '>=', value: 'b' }], ids: ['b', 'c'] },
      { name: 'startsWith', where: [{ path: 'name', op: 'startsWith', value: 'al' }], ids: ['d'] },
      { name: 'in', where: [{ path: 'state', op: 'in', value: ['failed', 'unknown'] }], ids: ['c'] },
      { name: 'in nothing', where: [{ path: 'state', op: 'in', value: [] }], ids: [] },
      { name: 'like', where: [{ path: 'name', op: 'like', value: '%lph%' }], ids: ['d'] },
      { name: 'like, of the whole text', where: [{ path: 'name', op: 'like', value: 'alph' }], ids: [] },
      { name: 'like, case-sensitive', where: [{ path: 'name', op: 'like', value: 'A%' }], ids: [] },
      { name: 'ilike', where: [{ path: 'name', op: 'ilike', value: 'ALP%' }], ids: ['d'] },
      { name: 'like, where only % is special', where: [{ path: 'name', op: 'like', value: '_' }], ids: [] },
      {
        name: 'like, not of a missing property',
        where: [{ path: 'state', op: 'like', value: '%' }],
        ids: ['a', 'b', 'c'],
      },
      {
        name: 'several, all of which hold',
        where: [
          { path: 'state', op: '=', value: 'ready' },
          { path: 'size', op: '>', value: 1 },
        ],
        ids: ['b'],
      },
      { name: 'a quote in the value', where: [{ path: 'name', op: '=', value: `' OR 1=1 --` }], ids: [] },
    ])('filters by $name', async ({ where, ids }) => {
      expect(await idsOf(await seeded(), 'p', { ...all, ...(where === undefined ? {} : { where }) })).toEqual(ids);
    });

    it.each<{ op: 'contains' | 'lacks'; value: Readonly<Record<string, string>>; ids: string[] }>([
      { op: 'contains', value: { key: 'team', value: 'cardio' }, ids: ['a', 'c'] },
      { op: 'contains', value: { key: 'team' }, ids: ['a', 'b', 'c'] },
      { op: 'contains', value: { key: 'cardio' }, ids: [] },
      { op: 'lacks', value: { key: 'team', value: 'cardio' }, ids: ['b', 'd'] },
      { op: 'lacks', value: { key: 'team' }, ids: ['d'] },
    ])('finds lists by what their elements have: $op $value', async ({ op, value, ids }) => {
      const documents = open();
      const tagged = (id: string, tags?: Readonly<Record<string, string>>[]): Document => ({
        ...thing(id),
        ...(tags === undefined ? {} : { tags }),
      });
      await documents.commit('p', [
        create(tagged('a', [{ key: 'team', value: 'cardio' }])),
        create(
          tagged('b', [
            { key: 'team', value: 'neuro' },
            { key: 'second team', value: 'cardio' },
          ]),
        ),
        create(
          tagged('c', [
            { key: 'x', value: 'team' },
            { key: 'team', value: 'cardio' },
          ]),
        ),
        create(tagged('d', [])),
        create(tagged('e')),
      ]);
      expect(await idsOf(documents, 'p', { ...all, where: [{ path: 'tags', op, value }] })).toEqual(ids);
    });

    it.each(['a[b', 'a]b', 'a[b]c', 'a_b', 'a^b', 'a.b', "a'b", 'a\\b', 'a\nb'])(
      'takes %j in a pattern as it is',
      async (name) => {
        const documents = open();
        await documents.commit('p', [create(thing('1', { name })), create(thing('2', { name: 'axb' }))]);
        const where = [{ path: 'name', op: 'like', value: `${name.slice(0, 2)}%${name.slice(2)}` }] as const;
        expect(await idsOf(documents, 'p', { ...all, where })).toEqual(['1']);
      },
    );

    it.each(['asc', 'desc'] as const)(
      'orders text %s by code point, also beyond the first 65 536',
      async (direction) => {
        const documents = open();
        const names = ['Z', 'a', 'é', '\u5fc3', '\uff21', '\u{1f600}'];
        await documents.commit(
          'p',
          names.map((name, index) => create(thing(String(index), { name }))),
        );
        const { items } = await documents.query<Thing>('p', { ...all, orderBy: { path: 'name', direction } });
        const found = items.map(({ value }) => value.name);
        expect(found).toEqual(direction === 'asc' ? names : names.toReversed());
        const behind: Query = { ...all, where: [{ path: 'name', op: '>', value: '\uff21' }] };
        expect(await idsOf(documents, 'p', behind)).toEqual(['5']);
      },
    );

    it.each(['asc', 'desc'] as const)('orders %s by one property', async (direction) => {
      const documents = await seeded();
      const { items } = await documents.query<Thing>('p', {
        ...all,
        where: [{ path: 'size', op: '>', value: 0 }],
        orderBy: { path: 'size', direction },
      });
      const ids = items.map(({ value }) => value.id);
      expect(ids).toEqual(direction === 'asc' ? ['a', 'b', 'c'] : ['c', 'b', 'a']);
    });

    it('steps into objects at the dots of a path, to filter and to order', async () => {
      const documents = open();
      const sleeper = (id: string, at?: number): Document => ({
        ...thing(id),
        ...(at === undefined ? {} : { wakeUp: { at } }),
      });
      await documents.commit('p', [
        create(sleeper('a', 3)),
        create(sleeper('b', 1)),
        create(sleeper('c', 2)),
        create(sleeper('d')),
      ]);
      const { items } = await documents.query('p', {
        ...all,
        where: [{ path: 'wakeUp.at', op: '<', value: 3 }],
        orderBy: { path: 'wakeUp.at', direction: 'asc' },
      });
      expect(items.map(({ value }) => value.id)).toEqual(['b', 'c']);
    });

    it.each(['name; DROP', 'name.', '', 'a"]', '1a'])('refuses the property path %j', async (path) => {
      const documents = await seeded();
      const query: Query = { ...all, where: [{ path, op: '=', value: 'x' }] };
      await expect(documents.query('p', query)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
    });

    it.each([0, 1001, 1.5])('refuses the limit %d', async (limit) => {
      await expect(open().query('p', { kind: 'thing', limit })).rejects.toMatchObject({
        code: 'INVALID_PARAMETER_VALUE',
      });
    });
  });
};

export const pagingContract = (open: () => Documents): void => {
  describe('paging', () => {
    const seeded = async (): Promise<Documents> => {
      const documents = open();
      for (const partition of ['p', 'q']) {
        await documents.commit(
          partition,
          Array.from({ length: 5 }, (_, index) => create(thing(`${partition}${index}`, { size: index % 3 }))),
        );
      }
      return documents;
    };

    it.each<{ name: string; partition: string | undefined; query: Query; counts: number[] }>([
      { name: 'of one partition', partition: 'p', query: { kind: 'thing', limit: 2 }, counts: [2, 2, 1] },
      { name: 'of all partitions', partition: undefined, query: { kind: 'thing', limit: 4 }, counts: [4, 4, 2] },
      {
        name: 'of one partition, ordered with ties',
        partition: 'p',
        query: { kind: 'thing', limit: 2, orderBy: { path: 'size', direction: 'asc' } },
        counts: [2, 2, 1],
      },
      {
        name: 'of all partitions, ordered with ties',
        partition: undefined,
        query: { kind: 'thing', limit: 4, orderBy: { path: 'size', direction: 'desc' } },
        counts: [4, 4, 2],
      },
    ])('fills the pages $name and gives each document once', async ({ partition, query, counts }) => {
      const found = await pages(await seeded(), partition, query);
      expect(found.map((page) => page.length)).toEqual(counts);
      expect(new Set(found.flat()).size).toBe(partition === undefined ? 10 : 5);
    });

    it('keeps the order from page to page', async () => {
      const found = await pages(await seeded(), 'p', {
        kind: 'thing',
        limit: 2,
        orderBy: { path: 'name', direction: 'desc' },
      });
      expect(found).toEqual([['p4', 'p3'], ['p2', 'p1'], ['p0']]);
    });

    it('neither repeats nor skips a document when others come and go between pages', async () => {
      const documents = await seeded();
      const query: Query = { kind: 'thing', limit: 2, orderBy: { path: 'name', direction: 'asc' } };
      const first = await documents.query<Thing>('p', query);
      await documents.commit('p', [
        { op: 'delete', id: 'p0' },
        create(thing('p00', { name: 'p00' })),
        create(thing('p9', { name: 'p9' })),
      ]);
      const rest = await pages(documents, 'p', { ...query, continuation: first.next ?? '' });
      expect(rest.flat()).toEqual(['p2', 'p3', 'p4', 'p9']);
    });

    it('makes tokens that may stand in a URL as they are', async () => {
      const { next } = await (await seeded()).query('p', { kind: 'thing', limit: 2 });
      expect(next).toMatch(/^[A-Za-z0-9_-]+$/);
    });

    it.each(['nonsense', 'e30', '%%%'])('refuses the token %j', async (continuation) => {
      await expect(open().query('p', { ...all, continuation })).rejects.toMatchObject({
        code: 'INVALID_PARAMETER_VALUE',
      });
    });

    it('refuses the token of another query', async () => {
      const documents = await seeded();
      const { next } = await documents.query('p', { kind: 'thing', limit: 2 });
      const other: Query = { kind: 'other', limit: 2, continuation: next ?? '' };
      await expect(documents.query('p', other)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
    });
  });
};
