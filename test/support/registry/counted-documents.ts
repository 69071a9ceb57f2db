import type { Documents } from '../../../shared/platform/documents.ts';

/** What was asked of a container. */
export interface Count {
  reads: number;
  commits: number;
  queries: number;
  /** Documents that came back. */
  documents: number;
}

/** The same documents, counting what is asked of them. */
export const countedDocuments = (documents: Documents): { readonly documents: Documents; readonly count: Count } => {
  const count: Count = { reads: 0, commits: 0, queries: 0, documents: 0 };
  return {
    count,
    documents: {
      read: async (partition, id) => {
        count.reads += 1;
        const stored = await documents.read(partition, id);
        if (stored !== undefined) count.documents += 1;
        // biome-ignore lint/suspicious/noExplicitAny: what was read is passed on as it is
        return stored as any;
      },
      commit: (partition, writes) => {
        count.commits += 1;
        return documents.commit(partition, writes);
      },
      query: async (partition, query) => {
        count.queries += 1;
        const page = await documents.query(partition, query);
        count.documents += page.items.length;
        // biome-ignore lint/suspicious/noExplicitAny: what was found is passed on as it is
        return page as any;
      },
    },
  };
};

/** What a call asks of the documents. */
export const countOf = async (count: Count, call: () => Promise<unknown>): Promise<Count> => {
  const before = { ...count };
  await call();
  return {
    reads: count.reads - before.reads,
    commits: count.commits - before.commits,
    queries: count.queries - before.queries,
    documents: count.documents - before.documents,
  };
};
