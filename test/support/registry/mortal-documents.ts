import type { Documents } from '../../../shared/platform/documents.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';

/** The documents as a process sees them that dies at one of its writes, before or after it was stored. */
export const mortalDocuments = (
  documents: Documents,
  death: { readonly commit: number; readonly when: 'before' | 'after' },
): Documents & { readonly died: () => boolean } => {
  let commits = 0;
  let dead = false;
  const alive = () => {
    if (dead) throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the process is dead');
  };
  return {
    died: () => dead,
    read: async (partition, id) => {
      alive();
      return documents.read(partition, id);
    },
    query: async (partition, query) => {
      alive();
      return documents.query(partition, query);
    },
    commit: async (partition, writes) => {
      alive();
      commits += 1;
      const last = commits === death.commit;
      dead = last && death.when === 'before';
      alive();
      const outcome = await documents.commit(partition, writes);
      dead = last;
      alive();
      return outcome;
    },
  };
};
