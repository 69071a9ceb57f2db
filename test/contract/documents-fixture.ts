import type { Document, Documents, Query, Write } from '../../shared/platform/documents.ts';

export interface Thing extends Document {
  readonly kind: 'thing';
  readonly name: string;
  readonly size?: number;
  readonly state?: string;
  readonly isLive?: boolean;
}

export const thing = (id: string, rest: Partial<Omit<Thing, 'id' | 'kind'>> = {}): Thing => ({
  id,
  kind: 'thing',
  name: id,
  ...rest,
});

export const create = (value: Document): Write => ({ op: 'create', value });

/** Everything there is, on one page. */
export const allThings: Query = { kind: 'thing', limit: 1000 };

export const idsOf = async (documents: Documents, partition: string | undefined, query: Query): Promise<string[]> =>
  (await documents.query<Thing>(partition, query)).items.map(({ value }) => value.id).sort();

export const pages = async (documents: Documents, partition: string | undefined, query: Query): Promise<string[][]> => {
  const found: string[][] = [];
  let next: string | undefined;
  do {
    const page = await documents.query<Thing>(partition, next === undefined ? query : { ...query, continuation: next });
    found.push(page.items.map(({ value }) => value.id));
    next = page.next;
  } while (next !== undefined);
  return found;
};

export const etagOf = async (documents: Documents, partition: string, id: string): Promise<string> =>
  (await documents.read(partition, id))?.etag ?? 'none';
