import type { CommitOutcome, Documents, Stored, Where } from '../../platform/documents.ts';
import type { LoggedModelDocument } from './logged-model.ts';

const ID = 'logged-model';

/** Documents read at a time. */
const PAGE = 500;

/** The logged models of the container `tracking`, each in a partition of its own. */
export interface LoggedModelStore {
  /** The model, also when it was deleted. */
  read(modelId: string): Promise<Stored<LoggedModelDocument> | undefined>;
  create(model: LoggedModelDocument): Promise<CommitOutcome>;
  replace(model: LoggedModelDocument, etag: string): Promise<CommitOutcome>;
  /** Models that are not deleted, in no order. */
  all(where: readonly Where[]): AsyncIterable<LoggedModelDocument>;
}

/** What this server gives out as ids; anything else is none of its models. */
const MODEL_ID = /^m-[0-9a-f]{32}$/;

export const createLoggedModelStore = (documents: Documents): LoggedModelStore => ({
  read: async (modelId) => (MODEL_ID.test(modelId) ? documents.read<LoggedModelDocument>(modelId, ID) : undefined),
  create: (model) => documents.commit(model.modelId, [{ op: 'create', value: model }]),
  replace: (model, etag) => documents.commit(model.modelId, [{ op: 'replace', value: model, etag }]),
  all: async function* (where) {
    const query = {
      kind: ID,
      where: [{ path: 'lifecycle', op: '=', value: 'active' } as const, ...where],
      limit: PAGE,
    };
    let continuation: string | undefined;
    do {
      const page = await documents.query<LoggedModelDocument>(
        undefined,
        continuation === undefined ? query : { ...query, continuation },
      );
      for (const { value } of page.items) yield value;
      continuation = page.next;
    } while (continuation !== undefined);
  },
});
