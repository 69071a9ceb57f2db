import { SlipwayError } from '../platform/errors.ts';
import type { Cause } from '../platform/journal.ts';
import { capabilityProblems } from './policy-rules.ts';
import type { RolloutPolicy } from './policy-schema.ts';
import { noSuchPolicy } from './policy-store.ts';
import {
  type Candidate,
  endpointNameFor,
  matches,
  type Occasion,
  selectPolicy,
  triggerText,
  whyNone,
} from './select-policy.ts';
import type { RolloutServices } from './services.ts';
import { type StartOutcome, type StartRequest, startRollout } from './start-rollout.ts';

export type PlanOutcome = StartOutcome | { readonly kind: 'none'; readonly reason: string };

export interface PlanRequest extends Candidate {
  /** What happened to the version; its registration when absent. */
  readonly on?: Occasion;
}

/**
 * Starts what the policies ask for when a version was registered, came to a stage, or got an alias.
 *
 * A registration's attempt is always the first, so a replayed one finds the rollout it started, whatever became of it.
 * Who moves a stage or an alias names that version, once each time: it may be older than what is stable, or have been
 * rolled back, and every move is an attempt of its own, found again by the event that told of it.
 *
 * @throws SlipwayError INVALID_STATE when several policies match, or the policy asks what the platform cannot do
 */
export const planRollout = async (
  services: RolloutServices,
  { on = 'registration', ...candidate }: PlanRequest,
  cause: Cause,
): Promise<PlanOutcome> => {
  const { model, version } = candidate;
  const policies = (await services.policies.list()).map(({ policy }) => policy);
  const policy = selectPolicy(policies, candidate, on);
  if (policy === undefined) {
    const reason = whyNone(policies, candidate, on);
    services.log.info({ model, version, on: triggerText(on), reason }, 'no rollout planned');
    return { kind: 'none', reason };
  }
  assertPossible(policy, services.metrics.granularityMs);

  const endpoint = endpointNameFor(policy, model);
  const attempt: Pick<StartRequest, 'attempt' | 'askedBy' | 'by'> =
    on === 'registration'
      ? { attempt: 1, by: 'policy' }
      : {
          attempt: await nextAttempt(services, endpoint, model, version),
          askedBy: cause.causedBy,
          by: 'person',
        };
  const outcome = await startRollout(services, { endpoint, model, version, policy, ...attempt }, cause);
  // Only a head start: the rollout asks for its package itself.
  if (outcome.kind === 'started' || outcome.kind === 'queued') {
    await services.packages.request(model, version, cause.causedBy, policy.packaging);
  }
  const reason = outcome.kind === 'refused' ? outcome.message : undefined;
  services.log.info(
    {
      model,
      version,
      endpoint,
      on: triggerText(on),
      rollout: outcome.rolloutId,
      outcome: outcome.kind,
      policy: policy.name,
      reason,
    },
    'rollout planned',
  );
  return outcome;
};

export interface ManualStart {
  readonly model: string;
  readonly version: string;
  /** Name of the policy; without it the one policy for the model. */
  readonly policy?: string;
}

/**
 * Starts a rollout because a person says so, also of a version that was rolled back or is older.
 *
 * @throws SlipwayError INVALID_STATE when it cannot start now; RESOURCE_DOES_NOT_EXIST without such a policy or version
 */
export const startByHand = async (
  services: RolloutServices,
  { model, version, policy: name }: ManualStart,
  cause: Cause,
): Promise<{ readonly rolloutId: string }> => {
  const policy = await policyFor(services, model, name);
  assertPossible(policy, services.metrics.granularityMs);
  // First, because it refuses a version that does not exist.
  await services.packages.request(model, version, cause.causedBy, policy.packaging);
  const endpoint = endpointNameFor(policy, model);
  const attempt = await nextAttempt(services, endpoint, model, version);
  const outcome = await startRollout(services, { endpoint, model, version, attempt, policy, by: 'person' }, cause);
  if (outcome.kind === 'refused')
    throw new SlipwayError('INVALID_STATE', outcome.message, { details: { reason: outcome.reason } });
  return { rolloutId: outcome.rolloutId };
};

const policyFor = async (
  { policies }: RolloutServices,
  model: string,
  name: string | undefined,
): Promise<RolloutPolicy> => {
  if (name !== undefined) {
    const stored = await policies.get(name);
    if (stored === undefined) throw noSuchPolicy(name);
    return stored.policy;
  }
  const candidate = { model, version: '', tags: {} };
  const found = (await policies.list()).filter(({ policy }) =>
    matches({ ...policy, selector: { ...policy.selector, tags: undefined } }, candidate),
  );
  const [only] = found;
  if (only === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `no policy is about model '${model}'`);
  if (found.length > 1) {
    const names = found.map(({ policy }) => policy.name).join(', ');
    throw new SlipwayError('INVALID_STATE', `several policies are about model '${model}', say which one: ${names}`);
  }
  return only.policy;
};

const MOST_ATTEMPTS = 1000;

/** One more than the attempts there have been. */
export const nextAttempt = async (
  { rollouts }: RolloutServices,
  endpoint: string,
  model: string,
  version: string,
): Promise<number> => {
  const { items } = await rollouts.listRollouts({ endpoint, model, version }, { limit: MOST_ATTEMPTS });
  return 1 + items.reduce((most, { value }) => Math.max(most, value.attempt), 0);
};

const assertPossible = (policy: RolloutPolicy, granularityMs: number): void => {
  const problems = capabilityProblems(policy, granularityMs);
  if (problems.length === 0) return;
  const text = problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new SlipwayError('INVALID_STATE', `policy '${policy.name}' cannot be kept here: ${text}`, {
    details: { policy: policy.name },
  });
};
