import * as z from 'zod';

export const SEVERITIES = ['info', 'warn', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1–63 of a–z, 0–9 and -, not beginning with -');

/** Which events are told to which channels. */
export const alertRuleSchema = z.strictObject({
  name,
  /** Exact types, or a prefix ending in `*`. */
  eventTypes: z
    .array(z.string().regex(/^slipway\.([a-z.-]+|[a-z.-]*\*)$/, 'must be an event type or end in *'))
    .min(1)
    .max(50),
  subjectPrefix: z.string().max(512).optional(),
  minSeverity: z.enum(SEVERITIES).default('info'),
  channels: z.array(name).min(1).max(10),
  enabled: z.boolean().default(true),
});

export type AlertRule = z.output<typeof alertRuleSchema>;

/** Where messages go. The secret signs webhook bodies; it is write-only. */
export const channelSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'),
    name,
    url: z.string().max(2048),
    secret: z.string().min(16).max(256).optional(),
  }),
  z.strictObject({ kind: z.literal('log'), name }),
]);

export type ChannelInput = z.output<typeof channelSchema>;

/** A channel as it is stored: its secret sealed. */
export type Channel =
  | { readonly kind: 'webhook'; readonly name: string; readonly url: string; readonly sealedSecret?: string }
  | { readonly kind: 'log'; readonly name: string };
