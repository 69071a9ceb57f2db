import * as z from 'zod';
import { accessRefused, tokenCreated, tokenRevoked } from './access-events.ts';
import { defineEvent } from './define-event.ts';
import { environmentBuilt, environmentFailed } from './environment-events.ts';
import { modelChanged, modelRegistered, packageBuilt, packageRefused, packageSwept, version } from './model-events.ts';
import { originChanged } from './origin-events.ts';
import { webhookChanged } from './webhook-events.ts';

const percent = z.number().int().min(0).max(100);
const traffic = z.record(z.string(), percent).describe('Whole percent per deployment.');

/** What all rollout events say. */
const rolloutEventData = z.object({
  rollout: z.string(),
  endpoint: z.string(),
  model: z.string(),
  version,
  /** Phase after the change. */
  phase: z.string(),
  fromPhase: z.string().optional(),
  step: z.number().int().min(0).optional().describe('Index of the policy step.'),
  traffic: traffic.optional().describe('Traffic wished for after the change.'),
  reason: z.string().optional().describe('Stable word for the cause, such as `gate-failed`.'),
  message: z.string().optional().describe('The cause in one sentence for people.'),
  actor: z.string().optional().describe('Who gave the command.'),
  evidence: z
    .array(
      z.object({
        gate: z.string(),
        verdict: z.enum(['pass', 'fail', 'insufficient']),
        detail: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
      }),
    )
    .optional()
    .describe('What the gates saw: counts, rates, e-values.'),
});

const rolloutExample = {
  rollout: 'ro_8a1f0c2b9d3e4f5a6b7c8d9e',
  endpoint: 'heart',
  model: 'heart-classifier',
  version: '2',
};

const rolloutEvent = <const Type extends string>(type: Type, summary: string, example: Record<string, unknown>) =>
  defineEvent({
    type,
    summary,
    subject: 'endpoints/{endpoint}',
    data: rolloutEventData,
    example: { subject: 'endpoints/heart', data: { ...rolloutExample, ...example } },
  });

const deploymentEventData = z.object({
  endpoint: z.string(),
  deployment: z.string(),
  model: z.string().optional(),
  version: version.optional(),
  image: z.string().optional(),
  message: z.string().optional(),
});

const deploymentEvent = <const Type extends string>(
  type: Type,
  summary: string,
  example: Record<string, unknown> = {},
) =>
  defineEvent({
    type,
    summary,
    subject: 'endpoints/{endpoint}/deployments/{deployment}',
    data: deploymentEventData,
    example: {
      subject: 'endpoints/heart/deployments/v2-1b9d',
      data: { endpoint: 'heart', deployment: 'v2-1b9d', model: 'heart-classifier', version: '2', ...example },
    },
  });

const driftEventData = z.object({
  monitor: z.string(),
  model: z.string().optional(),
  version: version.optional(),
  endpoint: z.string().optional(),
  driftScore: z.number().describe('Higher is more drift; its scale is the monitor’s.'),
  from: z.string().optional().describe('Start of the window, RFC 3339.'),
  to: z.string().optional().describe('End of the window, RFC 3339.'),
  source: z.enum(['azure-ml', 'slipway']),
});

const driftExample = {
  subject: 'monitors/heart-inputs',
  data: { monitor: 'heart-inputs', endpoint: 'heart', driftScore: 0.31, source: 'azure-ml' },
};

const runEventData = z.object({
  experimentId: z.string(),
  experimentName: z.string(),
  runId: z.string(),
  status: z.string(),
  monitorBreach: z.string().optional().describe('What a model monitor said, when the run was one.'),
});

const runExample = (status: string) => ({
  subject: 'experiments/4/runs/run_9',
  data: { experimentId: '4', experimentName: 'heart', runId: 'run_9', status },
});

/** Every event Slipway sends, in the order of a model's life. */
export const CATALOGUE = [
  modelRegistered,
  modelChanged,
  originChanged,
  packageBuilt,
  packageRefused,
  packageSwept,
  environmentBuilt,
  environmentFailed,
  rolloutEvent('slipway.rollout.started', 'A rollout began.', { phase: 'Provisioning' }),
  rolloutEvent('slipway.rollout.stepped', 'A rollout moved to another phase or step.', {
    phase: 'Baking',
    fromPhase: 'Shifting',
    step: 1,
    traffic: { 'v1-77aa': 90, 'v2-1b9d': 10 },
  }),
  rolloutEvent('slipway.rollout.paused', 'A rollout stopped advancing; gates still judge it.', {
    phase: 'Baking',
    reason: 'manual',
    actor: 'ada',
  }),
  rolloutEvent('slipway.rollout.resumed', 'A reason to pause went away.', { phase: 'Baking', reason: 'manual' }),
  rolloutEvent('slipway.rollout.promoted', 'All traffic is on the new version; the alias champion follows.', {
    phase: 'Holding',
    traffic: { 'v2-1b9d': 100 },
  }),
  rolloutEvent('slipway.rollout.succeeded', 'The rollout ended with the new version as stable.', {
    phase: 'Succeeded',
  }),
  rolloutEvent('slipway.rollout.rolled-back', 'All traffic went back to stable.', {
    phase: 'Cleanup',
    fromPhase: 'RollingBack',
    reason: 'gate-failed',
    traffic: { 'v1-77aa': 100 },
    evidence: [{ gate: 'errors', verdict: 'fail', detail: { canaryRequests: 200, canaryErrors: 51, eValue: 1594.6 } }],
  }),
  rolloutEvent('slipway.rollout.failed', 'The rollout ended before any traffic could move.', {
    phase: 'Failed',
    reason: 'package-refused',
    message:
      'model.pkl is named by flavors.python_function.model_path in MLmodel, but it is not there. Log the model again, and let the upload finish.',
  }),
  deploymentEvent('slipway.deployment.ready', 'A deployment answers requests.'),
  deploymentEvent('slipway.deployment.failed', 'A deployment could not be made to answer.', {
    message: 'container exited with code 1',
  }),
  deploymentEvent('slipway.deployment.retired', 'A deployment was removed.'),
  defineEvent({
    type: 'slipway.drift.detected',
    summary: 'Inputs or predictions drifted from the reference.',
    subject: 'monitors/{monitor}',
    data: driftEventData,
    example: driftExample,
  }),
  defineEvent({
    type: 'slipway.drift.cleared',
    summary: 'A drift alert ended.',
    subject: 'monitors/{monitor}',
    data: driftEventData,
    example: { ...driftExample, data: { ...driftExample.data, driftScore: 0.04 } },
  }),
  defineEvent({
    type: 'slipway.experiment.changed',
    summary: 'An experiment was created, renamed, deleted or restored.',
    subject: 'experiments/{experimentId}',
    data: z.object({
      experimentId: z.string(),
      name: z.string().describe('After the change.'),
      change: z.enum(['created', 'renamed', 'deleted', 'restored']),
    }),
    example: { subject: 'experiments/4', data: { experimentId: '4', name: 'heart', change: 'created' } },
  }),
  defineEvent({
    type: 'slipway.run.completed',
    summary: 'A training or monitoring run finished.',
    subject: 'experiments/{experimentId}/runs/{runId}',
    data: runEventData,
    example: runExample('completed'),
  }),
  defineEvent({
    type: 'slipway.run.failed',
    summary: 'A training or monitoring run failed.',
    subject: 'experiments/{experimentId}/runs/{runId}',
    data: runEventData,
    example: runExample('failed'),
  }),
  defineEvent({
    type: 'slipway.notification.failed',
    summary: 'A message could not be delivered to a channel or a webhook after all attempts.',
    subject: 'deliveries/{delivery}',
    data: z.object({
      delivery: z.string(),
      channel: z.string().optional().describe('Name of the channel, when it was one.'),
      rule: z.string().optional().describe('The alert rule that asked for it.'),
      webhook: z.string().optional().describe('Id of the MLflow webhook, when it was one.'),
      event: z.string().describe('Id of the event that was to be told.'),
      eventType: z.string().describe('Its type.'),
      attempts: z.number().int().min(1),
      reason: z.string(),
    }),
    example: {
      subject: 'deliveries/dl_1',
      data: {
        delivery: 'dl_1',
        channel: 'ops',
        rule: 'all',
        event: 'je_1',
        eventType: 'slipway.rollout.failed',
        attempts: 9,
        reason: 'answered 500',
      },
    },
  }),
  webhookChanged,
  tokenCreated,
  tokenRevoked,
  accessRefused,
] as const;

export type CatalogueEvent = (typeof CATALOGUE)[number];
export type EventType = CatalogueEvent['type'];

/** The data of one event type. */
export type EventData<Type extends EventType> = z.output<Extract<CatalogueEvent, { type: Type }>['data']>;

export const EVENT_TYPES: readonly EventType[] = CATALOGUE.map((definition) => definition.type);

/** The schema of the data of one event type. */
export const eventDataSchema = <Type extends EventType>(type: Type): z.ZodType<EventData<Type>> =>
  CATALOGUE.find((definition) => definition.type === type)?.data as unknown as z.ZodType<EventData<Type>>;
