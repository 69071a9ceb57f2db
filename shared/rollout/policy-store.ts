import type { Document, Documents, Stored } from '../platform/documents.ts';
import { SlipwayError } from '../platform/errors.ts';
import { encodeId } from '../platform/ids.ts';
import { sharedReading } from '../platform/shared-reading.ts';
import type { Clock, EpochMs } from '../platform/time.ts';
import { parsePolicy } from './policy.ts';
import type { RolloutPolicy } from './policy-schema.ts';

const PARTITION = 'policy';
const PAGE_SIZE = 1000;

interface PolicyDocument extends Document {
  readonly kind: 'policy';
  readonly policy: RolloutPolicy;
  /** Grows with every change. */
  readonly rev: number;
  readonly changedAt: EpochMs;
}

export interface StoredPolicy {
  readonly policy: RolloutPolicy;
  /** Grows with every change of the policy. */
  readonly rev: number;
}

/** What a write of a policy relies on: that it is new, unchanged since it was read, or nothing. */
export type Precondition = { readonly ifAbsent: true } | { readonly ifRev: number } | undefined;

/** The rollout policies. */
export interface PolicyStore {
  get(name: string): Promise<StoredPolicy | undefined>;
  list(): Promise<readonly StoredPolicy[]>;
  /** @throws SlipwayError PRECONDITION_FAILED */
  put(policy: RolloutPolicy, precondition: Precondition): Promise<StoredPolicy & { readonly created: boolean }>;
  /** @throws SlipwayError PRECONDITION_FAILED; RESOURCE_DOES_NOT_EXIST */
  delete(name: string, ifRev: number | undefined): Promise<void>;
}

const idOf = (name: string): string => encodeId(name);

/** The store on the container `settings`. */
export const createPolicyStore = (documents: Documents, clock: Clock): PolicyStore => {
  const read = (name: string): Promise<Stored<PolicyDocument> | undefined> =>
    documents.read<PolicyDocument>(PARTITION, idOf(name));

  return {
    async get(name) {
      const stored = await read(name);
      return stored === undefined ? undefined : toStored(stored.value);
    },

    list: sharedReading(async () => {
      const { items } = await documents.query<PolicyDocument>(PARTITION, { kind: 'policy', limit: PAGE_SIZE });
      return items.map(({ value }) => toStored(value)).toSorted((a, b) => (a.policy.name < b.policy.name ? -1 : 1));
    }),

    async put(policy, precondition) {
      const before = await read(policy.name);
      assertHolds(policy.name, before?.value, precondition);
      const rev = (before?.value.rev ?? 0) + 1;
      const value: PolicyDocument = { id: idOf(policy.name), kind: 'policy', policy, rev, changedAt: clock() };
      const outcome = await documents.commit(PARTITION, [
        before === undefined ? { op: 'create', value } : { op: 'replace', value, etag: before.etag },
      ]);
      if (!outcome.ok) throw preconditionFailed(policy.name, 'has changed meanwhile');
      return { policy, rev, created: before === undefined };
    },

    async delete(name, ifRev) {
      const before = await read(name);
      if (before === undefined) throw noSuchPolicy(name);
      assertHolds(name, before.value, ifRev === undefined ? undefined : { ifRev });
      const outcome = await documents.commit(PARTITION, [{ op: 'delete', id: idOf(name), etag: before.etag }]);
      if (!outcome.ok) throw preconditionFailed(name, 'has changed meanwhile');
    },
  };
};

/** Read through the schema: a policy of an older release fails here, not in the middle of a rollout. */
const toStored = ({ policy, rev }: PolicyDocument): StoredPolicy => ({ policy: parsePolicy({ ...policy }), rev });

const assertHolds = (name: string, before: PolicyDocument | undefined, precondition: Precondition): void => {
  if (precondition === undefined) return;
  if ('ifAbsent' in precondition) {
    if (before !== undefined) throw preconditionFailed(name, 'exists already');
    return;
  }
  if (before === undefined) throw preconditionFailed(name, 'does not exist');
  if (before.rev !== precondition.ifRev) throw preconditionFailed(name, 'has changed since it was read');
};

export const noSuchPolicy = (name: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `policy '${name}' does not exist`, { details: { policy: name } });

const preconditionFailed = (name: string, why: string): SlipwayError =>
  new SlipwayError('PRECONDITION_FAILED', `policy '${name}' ${why}`, { details: { policy: name } });
