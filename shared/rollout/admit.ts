import type { RolloutPolicy } from './policy-schema.ts';
import type { EndpointRecord, Rollout } from './rollout.ts';
import { isBeforeHolding } from './rules/danger.ts';

export interface AdmissionRequest {
  readonly model: string;
  readonly version: string;
  readonly policy: RolloutPolicy;
  /** A person may do what the policy would not do by itself. */
  readonly by: 'policy' | 'person';
}

export type Admission =
  | { readonly kind: 'start' }
  | { readonly kind: 'queue'; readonly supersedesActive: boolean }
  /** `recorded`: an ended rollout says so, so that a replay finds it decided. */
  | { readonly kind: 'refuse'; readonly reason: string; readonly message: string; readonly recorded: boolean };

const refuse = (reason: string, message: string, recorded: boolean): Admission => ({
  kind: 'refuse',
  reason,
  message,
  recorded,
});

interface Versioned {
  readonly model?: string;
  readonly version?: string;
}

const isSame = (left: Versioned | undefined, right: Versioned): boolean =>
  left !== undefined && left.model === right.model && left.version === right.version;

const isOlder = (candidate: Versioned, than: Versioned | undefined): boolean =>
  than?.model === candidate.model && Number(candidate.version) < Number(than?.version);

/** What becomes of a wish for a rollout, given who has the endpoint now. */
export const admit = (endpoint: EndpointRecord, active: Rollout | undefined, request: AdmissionRequest): Admission => {
  const { model, version, policy, by } = request;
  const name = `${model} version ${version}`;
  if (isSame(endpoint.stable, request)) return refuse('already-stable', `${name} is stable already`, false);
  if (isSame(active, request) || isSame(endpoint.pending, request)) {
    return refuse('already-active', `${name} is being rolled out already`, false);
  }
  if (by === 'policy') {
    const blocked = endpoint.blocked.find((other) => isSame(other, request));
    if (blocked !== undefined) return refuse('blocked', `${name} was rolled back: ${blocked.reason}`, false);
    const newer = [endpoint.stable, active, endpoint.pending].find((other) => isOlder(request, other));
    if (newer !== undefined) return refuse('older', `version ${newer.version} is newer than ${version}`, true);
  }
  if (active === undefined) return endpoint.pending === undefined ? { kind: 'start' } : queue(false);
  if (policy.onNewerVersion === 'reject') return refuse('busy', `${active.id} has the endpoint`, true);
  const untilLive = policy.onNewerVersion === 'queueLatest' && policy.supersedeUntilLive && !active.hadTraffic;
  return queue(isBeforeHolding(active.phase) && (policy.onNewerVersion === 'supersede' || untilLive));
};

const queue = (supersedesActive: boolean): Admission => ({ kind: 'queue', supersedesActive });
