import * as z from 'zod';
import { conversionOption } from '../packaging/conversion/conversion-option.ts';
import { toSlipwayError } from '../platform/errors.ts';
import { durationMs } from '../platform/time.ts';
import { checkNewAlias } from '../registry/validate.ts';

/** Text that a rule takes: what the rule throws is the problem. */
const textBy = (rule: (text: string) => unknown) =>
  z.string().superRefine((text, context) => {
    try {
      rule(text);
    } catch (cause) {
      context.addIssue({ code: 'custom', message: toSlipwayError(cause).message });
    }
  });

const duration = textBy(durationMs);

const percent = z.number().int();
const count = z.number().int().min(1);

/** An option of the schema that exists elsewhere but not here: refused in words instead of being ignored. */
const only = <const Value extends string | number>(value: Value) =>
  z.literal(value, { error: (issue) => `'${String(issue.input)}' is not implemented: only '${value}' is` });

const unionError =
  (what: string, known: readonly string[]) =>
  (issue: z.core.$ZodRawIssue): string | undefined => {
    if (issue.code !== 'invalid_union' || typeof issue['discriminator'] !== 'string') return undefined;
    const given = (issue.input as Readonly<Record<string, unknown>>)[issue['discriminator']];
    return `${what} '${String(given)}' is not implemented: use ${known.join(' or ')}`;
  };

const smokeStep = z.strictObject({
  kind: z.literal('smoke'),
  requests: only('input-example').default('input-example'),
  repeat: count.max(100).default(5).describe('How many requests are sent, one after another.'),
  minPass: z.number().min(0).max(1).default(1).describe('Share of answers that must be good.'),
  maxLatencyMs: z.number().positive().optional().describe('Limit for the 95th percentile, the first answer left out.'),
  timeout: duration.default('PT5M').describe('How long to wait until every request had an answer.'),
});

const trafficStep = z.strictObject({
  kind: z.literal('traffic'),
  weight: percent.min(1).max(100),
  bake: duration.optional().describe('How long the weight is watched. Not at 100: there `hold` says it.'),
  minSamples: count.optional().describe('Canary requests in this step that the gates need.'),
});

const step = z.discriminatedUnion('kind', [smokeStep, trafficStep], {
  error: unionError('a step of kind', ['smoke', 'traffic']),
});

const gateShape = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes'),
  enforce: z.boolean().default(true),
  steps: z
    .union([z.literal('all'), z.array(z.number().int().min(0)).min(1)])
    .default('all')
    .describe('Indexes of the steps it judges.'),
};

const errorRatioGate = z.strictObject({
  ...gateShape,
  type: z.literal('errorRatio'),
  maxRatio: z.number().min(1).max(5).default(1).describe('Canary error rate over stable’s that is still fine.'),
  detectRatio: z.number().max(32).default(5).describe('Ratio that must be noticed; sets how many requests are needed.'),
});

const absoluteGate = z.strictObject({
  ...gateShape,
  type: z.literal('absolute'),
  metric: z.enum(['errorRate', 'timeoutRate', 'p50', 'p95', 'p99']),
  max: z.number().min(0).describe('A share for rates, milliseconds for percentiles.'),
  minSamples: count.default(20),
  consecutive: count.max(20).default(1).describe('Stretches of at least minSamples requests that must all be over.'),
});

const gate = z.discriminatedUnion('type', [errorRatioGate, absoluteGate], {
  error: unionError('a gate of type', ['errorRatio', 'absolute']),
});

const instant = z.iso.datetime({ offset: true });

const freezeWindow = z.strictObject({ name: z.string().min(1), from: instant, to: instant });

const ENDPOINT_NAME = /^[A-Za-z](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){2,31}$/;

const selector = z.strictObject({
  endpoint: z
    .string()
    .refine((text) => ENDPOINT_NAME.test(text.replaceAll('{model}', 'model')), {
      error: 'must be an endpoint name: 3 to 32 letters, digits and single dashes, `{model}` standing for the model',
    })
    .describe('Endpoint name; `{model}` stands for the model’s name.'),
  model: z
    .string()
    .min(1)
    .refine((text) => !text.slice(0, -1).includes('*'), { error: '`*` may only be the last character' })
    .describe('Registered model; a trailing `*` matches every name that begins so.'),
  tags: z.record(z.string(), z.string()).optional(),
});

/** The stages that mean something to a rollout: a version in any other is not asked for. */
const STAGES = ['Staging', 'Production'] as const;

const trigger = z.union(
  [
    z.enum(['registration', 'manual']),
    z.strictObject({ stage: z.enum(STAGES) }),
    z.strictObject({ alias: textBy(checkNewAlias) }),
  ],
  {
    error: `must be 'registration', 'manual', {"stage": ${STAGES.map((stage) => `"${stage}"`).join(' | ')}} or {"alias": "a-name-of-yours"}`,
  },
);

export const policyShape = z.strictObject({
  schemaVersion: z.literal(1).default(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes'),
  selector,
  trigger: trigger.default('registration'),
  mode: only('enforce').default('enforce'),
  onNewerVersion: z.enum(['queueLatest', 'supersede', 'reject']).default('queueLatest'),
  supersedeUntilLive: z.boolean().default(true),
  steps: z.array(step).min(1).max(20),
  gates: z.array(gate).max(20),
  allowUngated: z.boolean().default(false),
  analysis: z
    .strictObject({
      interval: duration.default('PT1M'),
      ingestionDelay: duration.default('PT3M'),
      alphaTotal: z.number().min(1e-4).max(0.1).default(0.01),
      evidence: only('noHarm').default('noHarm'),
    })
    .prefault({}),
  insufficientData: z
    .strictObject({
      maxExtend: z.number().int().min(0).max(20).default(3),
      then: z.enum(['pause', 'promote', 'rollback']).default('pause'),
    })
    .prefault({}),
  metricsError: z
    .strictObject({ consecutiveLimit: count.default(5), rollbackAfter: duration.default('PT30M') })
    .prefault({}),
  approvals: z
    .array(
      z.strictObject({
        before: z.union([z.number().int().min(0), z.literal('promote')]).describe('Step index, or the step to 100.'),
        timeout: duration.default('P1D'),
        onTimeout: z.enum(['rollback', 'pause']).default('rollback'),
      }),
    )
    .max(20)
    .default([]),
  freeze: z.strictObject({ windows: z.array(freezeWindow).max(50).default([]) }).prefault({}),
  deadline: z
    .strictObject({
      after: duration.default('P1D'),
      then: z.enum(['rollback', 'pause']).default('rollback'),
    })
    .prefault({}),
  rollback: z
    .strictObject({
      keepCanary: duration.default('PT30M'),
      verifyTimeout: duration.default('PT5M'),
      blockVersion: z.boolean().default(true),
    })
    .prefault({}),
  hold: z
    .strictObject({
      duration: duration.default('P1D'),
      yieldAfter: duration.optional().describe('When a newer version may end the hold; an hour, or all of it.'),
      holdback: only(0).default(0),
    })
    .prefault({}),
  retire: z
    .strictObject({
      action: z
        .enum(['delete', 'keep'], {
          error: (issue) => `'${String(issue.input)}' is not implemented: use 'delete' or 'keep'`,
        })
        .default('delete'),
    })
    .prefault({}),
  drift: z
    .strictObject({
      then: z.enum(['notify', 'hold', 'rollback']).default('hold'),
    })
    .prefault({}),
  packaging: z.strictObject({ onnx: conversionOption.prefault({}) }).prefault({}),
  deployment: z
    .strictObject({
      instanceType: z.string().min(1).optional(),
      instanceCount: z.number().int().min(1).max(50).default(1),
      requestTimeout: duration.default('PT5S'),
      environmentVariables: z.record(z.string(), z.string()).default({}),
      collectData: z.boolean().default(true),
    })
    .prefault({}),
});

/** How versions of some models are rolled out: a snapshot of it goes into every rollout, so edits never change one. */
export type RolloutPolicy = z.output<typeof policyShape>;
export type PolicyStep = RolloutPolicy['steps'][number];
export type SmokeStep = Extract<PolicyStep, { kind: 'smoke' }>;
export type TrafficStep = Extract<PolicyStep, { kind: 'traffic' }>;
export type Gate = RolloutPolicy['gates'][number];
export type ErrorRatioGate = Extract<Gate, { type: 'errorRatio' }>;
export type AbsoluteGate = Extract<Gate, { type: 'absolute' }>;
