import { describe, expect, it } from 'vitest';
import type { Documents } from '../../../shared/platform/documents.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { createRegistryServices, mlflowClient } from '../../support/registry/registry-server.ts';
import type { RegistryFixture } from './fixture.ts';

const journalOf = async (documents: Documents, type: string): Promise<JournalEntry[]> => {
  const { items } = await documents.query<JournalEntry>(undefined, {
    kind: 'journal',
    where: [{ path: 'type', op: '=', value: type }],
    limit: 1_000,
  });
  return items.map(({ value }) => value);
};

/** What callers at once, in several processes, may rely on. */
export const testConcurrency = ({ createDocuments }: RegistryFixture): void => {
  describe('callers at once in two processes', () => {
    const workers = async () => {
      const documents = await createDocuments();
      const clients = [1, 2].map(() => mlflowClient(createRegistryServices(documents)));
      const client = (index: number) =>
        clients[index % clients.length] ?? mlflowClient(createRegistryServices(documents));
      await client(0).post('registered-models/create', { name: 'heart' });
      return { documents, client };
    };
    const many = <T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: count }, (_, index) => call(index)));
    const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

    it('get the versions 1 to 50 of one model, each once, and each is announced once', async () => {
      const { documents, client } = await workers();
      const created = await many(50, (index) =>
        client(index).post('model-versions/create', { name: 'heart', source: `s3://bucket/${index}` }),
      );
      const numbers = created.map(({ model_version: { version } }) => Number(version));
      expect(numbers.toSorted((left, right) => left - right)).toEqual(oneTo(50));
      const announced = await journalOf(documents, 'slipway.model.registered');
      expect(
        announced.map(({ data }) => Number((data as { version: string }).version)).toSorted((a, b) => a - b),
      ).toEqual(oneTo(50));
    });

    it('lose no tag and no alias that others set on the same model', async () => {
      const { client } = await workers();
      await client(0).post('model-versions/create', { name: 'heart', source: 's3://bucket/1' });
      await many(40, (index) =>
        index % 4 < 2
          ? client(index).post('registered-models/set-tag', { name: 'heart', key: `tag ${index}`, value: 'x' })
          : client(index).post('registered-models/alias', { name: 'heart', alias: `alias-${index}`, version: '1' }),
      );
      const { registered_model: model } = await client(1).get('registered-models/get', { name: 'heart' });
      expect(model.tags).toHaveLength(20);
      expect(model.aliases).toHaveLength(20);
    });
  });
};
