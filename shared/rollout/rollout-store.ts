import type { CommitOutcome, Document, Documents, Page, Stored, Where, Write } from '../platform/documents.ts';
import { SlipwayError } from '../platform/errors.ts';
import type { EndpointRecord, Phase, Rollout } from './rollout.ts';

export interface RolloutFilter {
  readonly endpoint?: string;
  readonly model?: string;
  readonly version?: string;
  readonly phases?: readonly Phase[];
}

/** The little that is trusted of a rollout that cannot be read. */
export interface RawRollout extends Document {
  readonly rev: number;
  readonly model?: string;
  readonly version?: string;
}

export interface Paging {
  readonly limit: number;
  readonly continuation?: string;
}

/** Rollouts and the endpoints they work on: one partition per endpoint, so that they change together. */
export interface RolloutStore {
  readRollout(endpoint: string, id: string): Promise<Stored<Rollout> | undefined>;
  /** The rollout without looking at its schema, for what must work on any. */
  readRaw(endpoint: string, id: string): Promise<Stored<RawRollout> | undefined>;
  readEndpoint(endpoint: string): Promise<Stored<EndpointRecord> | undefined>;
  commit(endpoint: string, writes: readonly Write[]): Promise<CommitOutcome>;
  /** Newest first. */
  listRollouts(filter: RolloutFilter, paging: Paging): Promise<Page<Rollout>>;
  listEndpoints(paging: Paging): Promise<Page<EndpointRecord>>;
}

/** Id of the endpoint's own document in its partition. */
const endpointDocumentId = (endpoint: string): string => `endpoint:${endpoint}`;

/** The endpoint that a rollout id belongs to: the part before the dot, which endpoint names never have. */
export const endpointOf = (rolloutId: string): string => rolloutId.slice(0, Math.max(0, rolloutId.indexOf('.')));

const SCHEMA_VERSION = 1;

const known = <T extends Rollout | EndpointRecord>(stored: Stored<T>, kind: T['kind']): Stored<T> => {
  if (stored.value.schemaVersion === SCHEMA_VERSION && stored.value.kind === kind) return stored;
  throw new SlipwayError('INVALID_STATE', `document '${stored.value.id}' is no ${kind} of schema ${SCHEMA_VERSION}`, {
    details: { id: stored.value.id },
  });
};

const pageOf = ({ limit, continuation }: Paging) => ({
  limit,
  ...(continuation === undefined ? {} : { continuation }),
});

/** The store on the container `endpoints`. */
export const createRolloutStore = (documents: Documents): RolloutStore => ({
  async readRollout(endpoint, id) {
    const stored = await documents.read<Rollout>(endpoint, id);
    return stored === undefined ? undefined : known(stored, 'rollout');
  },

  readRaw: (endpoint, id) => documents.read<RawRollout>(endpoint, id),

  async readEndpoint(endpoint) {
    const stored = await documents.read<EndpointRecord>(endpoint, endpointDocumentId(endpoint));
    return stored === undefined ? undefined : known(stored, 'endpoint');
  },

  commit: (endpoint, writes) => documents.commit(endpoint, writes),

  listRollouts: ({ endpoint, model, version, phases }, paging) => {
    const where: Where[] = [];
    if (model !== undefined) where.push({ path: 'model', op: '=', value: model });
    if (version !== undefined) where.push({ path: 'version', op: '=', value: version });
    if (phases !== undefined) where.push({ path: 'phase', op: 'in', value: phases });
    const orderBy = { path: 'createdAt', direction: 'desc' } as const;
    return documents.query<Rollout>(endpoint, { kind: 'rollout', where, orderBy, ...pageOf(paging) });
  },

  listEndpoints: (paging) =>
    documents.query<EndpointRecord>(undefined, {
      kind: 'endpoint',
      orderBy: { path: 'name', direction: 'asc' },
      ...pageOf(paging),
    }),
});

/** A record of an endpoint that no rollout has touched. */
export const newEndpointRecord = (name: string): EndpointRecord => ({
  id: endpointDocumentId(name),
  kind: 'endpoint',
  schemaVersion: SCHEMA_VERSION,
  name,
  rev: 0,
  blocked: [],
  deployments: [],
});

/** The write that stores an endpoint: it must not have changed since it was read, nor exist if it did not. */
export const endpointWrite = (next: EndpointRecord, etag: string | undefined): Write => {
  const value = { ...next, rev: next.rev + 1 };
  return etag === undefined ? { op: 'create', value } : { op: 'replace', value, etag };
};
