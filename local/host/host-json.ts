import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { LogLevel } from './core-types.ts';

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

/** `hh:mm:ss`, `d.hh:mm:ss`, either with a fraction, in milliseconds; undefined for other text. */
export const timeSpanMs = (text: string): number | undefined => {
  const match = /^(?:(\d+)\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d)(?:\.(\d{1,7}))?$/.exec(text);
  if (!match) return undefined;
  const [, days = '0', hours, minutes, seconds, fraction = '0'] = match;
  return (
    Number(days) * 86_400_000 +
    Number(hours) * 3_600_000 +
    Number(minutes) * 60_000 +
    Number(seconds) * 1000 +
    Math.round(Number(`0.${fraction}`) * 1000)
  );
};

const timeSpan = z.string().transform((text, context) => {
  const ms = timeSpanMs(text);
  if (ms === undefined) context.addIssue(`'${text}' is not a time span such as 00:00:30`);
  return ms ?? 0;
});

const logLevel = z
  .string()
  .transform((text) => text.toLowerCase() as LogLevel)
  .refine((level) => LEVELS.includes(level), 'not a log level');

const queues = z.object({
  batchSize: z.number().int().min(1).max(32).default(16),
  newBatchThreshold: z.number().int().min(0).optional(),
  maxDequeueCount: z.number().int().min(1).default(5),
  visibilityTimeout: timeSpan.default(0),
  maxPollingInterval: timeSpan.default(60_000),
  messageEncoding: z.enum(['base64', 'none']).default('base64'),
});

const hostJson = z.object({
  version: z.literal('2.0'),
  /** -1 and absence mean: no limit. */
  functionTimeout: z.union([z.literal('-1').transform(() => undefined), timeSpan]).optional(),
  logging: z.object({ logLevel: z.record(z.string(), logLevel).default({}) }).default({ logLevel: {} }),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).default({ routePrefix: 'api' }),
      queues: queues.default(queues.parse({})),
    })
    .default({ http: { routePrefix: 'api' }, queues: queues.parse({}) }),
});

export type HostJson = z.infer<typeof hostJson>;
export type QueueSettings = HostJson['extensions']['queues'];

/**
 * The settings of a host.json that this host acts on, with the real host's defaults; durations in milliseconds.
 *
 * @throws Error naming the file and the setting when it is not valid
 */
export const readHostJson = async (file: URL): Promise<HostJson> => {
  const parsed = hostJson.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file.pathname} is not valid: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};
