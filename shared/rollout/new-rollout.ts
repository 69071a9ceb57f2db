import { derivedId } from '../platform/ids.ts';
import type { Cause } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import { noEvidence } from './evidence.ts';
import type { RolloutPolicy } from './policy-schema.ts';
import type { EndpointRecord, Rollout } from './rollout.ts';
import { allOn } from './traffic.ts';

/**
 * The endpoint before the dot, so that an id alone says where it is stored.
 *
 * @param attempt its number, or the id of the event that asked for it when one version may be asked for several times
 */
export const rolloutId = (endpoint: string, model: string, version: string, attempt: number | string): string =>
  `${endpoint}.${derivedId('ro', endpoint, model, version, attempt)}`;

const LONGEST_VERSION = 20;
const SUFFIX_LENGTH = 4;

/**
 * A deployment name for one attempt, such as `v2-1b9d`: the same for the same rollout unless it is taken.
 *
 * @see https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas for the names that are allowed
 */
export const deploymentName = (id: string, version: string, taken: readonly string[]): string => {
  const digits = derivedId('dp', id).slice(-24);
  const names = Array.from(
    { length: digits.length - SUFFIX_LENGTH },
    (_, i) => `v${version.slice(-LONGEST_VERSION)}-${digits.slice(i, i + SUFFIX_LENGTH)}`,
  );
  return names.find((name) => !taken.includes(name)) ?? `v-${digits}`;
};

export interface NewRollout {
  readonly endpoint: EndpointRecord;
  readonly model: string;
  readonly version: string;
  readonly attempt: number;
  /** Id of the event that asks, when one version may be asked for several times: the attempt is that event's. */
  readonly askedBy?: string;
  readonly policy: RolloutPolicy;
  readonly instanceType: string;
  readonly granularityMs: number;
  readonly cause: Cause;
}

/** A rollout that waits for its endpoint. */
export const newRollout = (wish: NewRollout, now: EpochMs): Rollout => {
  const { endpoint, model, version, attempt, askedBy = attempt, policy } = wish;
  const id = rolloutId(endpoint.name, model, version, askedBy);
  const taken = [endpoint.stable?.deployment ?? '', ...endpoint.deployments.map(({ name }) => name)];
  return {
    id,
    kind: 'rollout',
    schemaVersion: 1,
    endpoint: endpoint.name,
    model,
    version,
    attempt,
    rev: 1,
    phase: 'Queued',
    phaseAt: now,
    createdAt: now,
    policy,
    instanceType: policy.deployment.instanceType ?? wish.instanceType,
    from: endpoint.stable,
    to: { deployment: deploymentName(id, version, taken), model, version },
    step: 0,
    desired: allOn(endpoint.stable?.deployment),
    provisionFailures: 0,
    pause: [],
    latches: {},
    evidence: noEvidence(wish.granularityMs),
    errorStreak: 0,
    extendCount: 0,
    hadTraffic: false,
    guards: 0,
    seenCommands: [],
    cause: wish.cause,
  };
};
