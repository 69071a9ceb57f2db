import * as z from 'zod';
import { toIso } from '../../../shared/platform/time.ts';
import { judge } from '../../../shared/rollout/gates.ts';
import { policySchema } from '../../../shared/rollout/policy.ts';
import { requirementOf } from '../../../shared/rollout/requirement.ts';
import { type EndpointRecord, PAUSE_REASONS, PHASES, type Rollout } from '../../../shared/rollout/rollout.ts';
import { isJudged } from '../../../shared/rollout/rules/danger.ts';

const traffic = z.record(z.string(), z.number().int());
const instant = z.iso.datetime();
const target = z.object({
  deployment: z.string(),
  model: z.string().optional(),
  version: z.string().optional(),
});

const verdict = z.object({
  gate: z.string(),
  verdict: z.enum(['pass', 'fail', 'insufficient']),
  detail: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
});

/** A rollout in lists. */
export const rolloutSummary = z.object({
  id: z.string(),
  endpoint: z.string(),
  model: z.string(),
  version: z.string(),
  attempt: z.number().int(),
  rev: z.number().int().describe('Also the ETag.'),
  phase: z.enum(PHASES),
  phaseAt: instant,
  createdAt: instant,
  policy: z.string(),
  step: z.number().int(),
  steps: z.number().int(),
  from: target.optional(),
  to: target,
  traffic: traffic.describe('Traffic it wishes for.'),
  pause: z.array(z.enum(PAUSE_REASONS)),
  outcome: z
    .object({ phase: z.string(), reason: z.string(), message: z.string(), evidence: z.array(verdict).optional() })
    .optional(),
});

/** A rollout with everything it was judged by. */
export const rolloutDetail = rolloutSummary.extend({
  bakeUntil: instant.optional(),
  deadlineAt: instant.optional(),
  image: z.string().optional(),
  gates: z.array(verdict.extend({ enforced: z.boolean() })),
  requirement: z.object({ canary: z.number(), stable: z.number(), seenCanary: z.number(), seenStable: z.number() }),
  smoke: z.array(z.object({ status: z.number(), latencyMs: z.number(), problem: z.string().optional() })),
  metricsErrors: z.number().int().describe('Failed reads of metrics in a row.'),
  extensions: z.number().int(),
  policySnapshot: policySchema,
});

/** An endpoint as the rollouts see it. */
export const endpointView = z.object({
  name: z.string(),
  rev: z.number().int(),
  stable: target.optional(),
  activeRolloutId: z.string().optional(),
  pending: z.object({ rolloutId: z.string(), model: z.string(), version: z.string() }).optional(),
  traffic: traffic.optional().describe('Traffic that a rollout last wished for.'),
  provisioningState: z.string().optional(),
  deployments: z.array(
    z.object({
      name: z.string(),
      health: z.enum(['creating', 'ready', 'failed', 'deleting']),
      model: z.object({ name: z.string(), version: z.string() }).optional(),
      image: z.string().optional(),
      message: z.string().optional(),
    }),
  ),
  blocked: z.array(z.object({ model: z.string(), version: z.string(), reason: z.string(), rollout: z.string() })),
});

/** The summary of a rollout. */
export const toSummary = (rollout: Rollout): z.input<typeof rolloutSummary> => ({
  id: rollout.id,
  endpoint: rollout.endpoint,
  model: rollout.model,
  version: rollout.version,
  attempt: rollout.attempt,
  rev: rollout.rev,
  phase: rollout.phase,
  phaseAt: toIso(rollout.phaseAt),
  createdAt: toIso(rollout.createdAt),
  policy: rollout.policy.name,
  step: rollout.step,
  steps: rollout.policy.steps.length,
  from: rollout.from,
  to: rollout.to,
  traffic: { ...rollout.desired.traffic },
  pause: [...rollout.pause],
  outcome: rollout.outcome,
});

/** The whole of a rollout. */
export const toDetail = (rollout: Rollout): z.input<typeof rolloutDetail> => ({
  ...toSummary(rollout),
  bakeUntil: rollout.bakeUntil === undefined ? undefined : toIso(rollout.bakeUntil),
  deadlineAt: rollout.deadlineAt === undefined ? undefined : toIso(rollout.deadlineAt),
  image: rollout.image,
  gates: (isJudged(rollout) ? judge(rollout) : []).map(({ detail, ...verdict }) => ({
    ...verdict,
    detail: { ...detail },
  })),
  requirement: requirementOf(rollout),
  smoke: rollout.evidence.smoke.map((answer) => ({ ...answer })),
  metricsErrors: rollout.errorStreak,
  extensions: rollout.extendCount,
  policySnapshot: rollout.policy,
});

/** The view of an endpoint. */
export const toEndpointView = (record: EndpointRecord): z.input<typeof endpointView> => ({
  name: record.name,
  rev: record.rev,
  stable: record.stable,
  activeRolloutId: record.activeRolloutId,
  pending: record.pending,
  traffic: record.lastAppliedTraffic === undefined ? undefined : { ...record.lastAppliedTraffic.traffic },
  provisioningState: record.provisioningState,
  deployments: record.deployments.map((deployment) => ({ ...deployment })),
  blocked: record.blocked.map((blocked) => ({ ...blocked })),
});
