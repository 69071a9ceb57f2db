import * as z from 'zod';

const instant = z.iso.datetime();
const by = z.string().optional().describe('Who asked for it, where somebody was asked who he is.');

/** One line of the journal about the version. */
export const lineageEvent = z.object({
  id: z.string(),
  at: instant,
  type: z.string(),
  subject: z.string(),
  by,
  causedBy: z.string().describe('Id of the event, command or request that led to it.'),
  correlationId: z.string().describe('Follows one story through every function.'),
  data: z.unknown(),
});

const registered = z.object({
  at: instant,
  by,
  causedBy: z.string(),
  origin: z.string().describe('Which registry it was registered in first.'),
  originOf: z.object({ server: z.string(), name: z.string(), version: z.string() }).optional(),
  source: z.string().describe('Where its files are, as the client gave it.'),
  location: z.string().optional().describe('Where they really are, while the version is registered.'),
  run: z
    .object({
      runId: z.string(),
      name: z.string().optional(),
      status: z.string().optional(),
      experimentId: z.string().optional(),
      experimentName: z.string().optional(),
    })
    .optional()
    .describe('The run that made it; only its id when it is tracked elsewhere.'),
});

const packaged = z.object({
  at: instant,
  image: z.string().optional(),
  digest: z.string().optional(),
  sizeBytes: z.number().int().optional(),
  durationMs: z.number().int().optional(),
  server: z.enum(['onnx', 'python']).optional(),
  environment: z.string().optional().describe('Key of the Python environment.'),
  refused: z.object({ code: z.string(), message: z.string() }).optional().describe('Why there is no package.'),
});

const rolloutStep = z.object({
  at: instant,
  type: z.string(),
  phase: z.string(),
  step: z.number().int().optional(),
  traffic: z.record(z.string(), z.number()).optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  by,
});

const rolledOut = z.object({
  id: z.string(),
  endpoint: z.string(),
  policy: z.string(),
  attempt: z.number().int(),
  at: instant.describe('When it was asked for.'),
  endedAt: instant.optional(),
  on: z.string().optional().describe('`registration`, `alias challenger`, `stage Production`; absent: by hand.'),
  by,
  causedBy: z.string(),
  phase: z.string(),
  outcome: z.object({ reason: z.string(), message: z.string() }).optional(),
  steps: z.array(rolloutStep),
  link: z.string(),
});

const deployed = z.object({
  endpoint: z.string(),
  deployment: z.string(),
  rollout: z.string().optional().describe('Absent: somebody else deployed it.'),
  from: instant.optional().describe('When it first answered; absent: it never did, or before anybody looked.'),
  to: instant.optional().describe('When it was removed; absent: it is still there.'),
  health: z.enum(['creating', 'ready', 'failed', 'retired']),
  stable: z.boolean().describe('True while it is what the endpoint would go back to.'),
  message: z.string().optional(),
});

const alias = z.object({
  alias: z.string(),
  from: instant,
  to: instant.optional(),
  movedTo: z.string().optional().describe('Version that has it now, or had it next.'),
  by,
});

const stage = z.object({ stage: z.string(), from: instant, to: instant.optional(), by });

const tag = z.object({ key: z.string(), value: z.string().optional(), from: instant, to: instant.optional(), by });

const drift = z.object({
  at: instant,
  monitor: z.string(),
  state: z.enum(['detected', 'cleared']),
  driftScore: z.number(),
  endpoint: z.string().optional(),
});

/** Everything that is known of how one version came to be and what became of it, each list in order of time. */
export const lineageSchema = z.object({
  name: z.string().describe('Name of the model now, or at its end.'),
  version: z.string(),
  modelId: z.string(),
  names: z.array(z.string()).describe('Every name the model had, in order.'),
  deletedAt: instant.optional(),
  registered: registered.optional(),
  packages: z.array(packaged),
  rollouts: z.array(rolledOut),
  deployments: z.array(deployed),
  aliases: z.array(alias),
  stages: z.array(stage),
  tags: z.array(tag),
  drift: z.array(drift),
  events: z.array(lineageEvent).describe('The journal that all of this was made from.'),
  truncated: z.boolean().describe('True when there is more than is shown: the oldest of each kind is shown first.'),
});

export type Lineage = z.output<typeof lineageSchema>;
export type LineageEvent = z.output<typeof lineageEvent>;
export type TrackedRun = NonNullable<NonNullable<Lineage['registered']>['run']>;
