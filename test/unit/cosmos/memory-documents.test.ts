import { describe, expect, it } from 'vitest';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const write = (id: string) => [{ op: 'create', value: { id, kind: 'thing' } }] as const;

describe('documents in memory', () => {
  it.each([
    ['before', ['a']],
    ['after', ['a', 'b']],
  ] as const)('die %s the commit that was chosen, once, leaving %j', async (when, ids) => {
    const documents = createMemoryDocuments({ crashAt: { commit: 2, when } });
    await documents.commit('p', write('a'));
    await expect(documents.commit('p', write('b'))).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    expect(documents.all().map(({ value }) => value.id)).toEqual(ids);
    await expect(documents.commit('p', write('c'))).resolves.toEqual({ ok: true });
  });

  it('show everything by partition and id', async () => {
    const documents = createMemoryDocuments();
    await documents.commit('q', write('a'));
    await documents.commit('p', write('b'));
    expect(documents.all()).toEqual([
      { partition: 'p', value: { id: 'b', kind: 'thing' } },
      { partition: 'q', value: { id: 'a', kind: 'thing' } },
    ]);
  });
});
