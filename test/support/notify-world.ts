import type { ReceivedEvent } from '../../shared/events/envelope.ts';
import type { AlertRule, Channel } from '../../shared/notify/alert-rule.ts';
import { createDeliveryStore, type NotificationDelivery } from '../../shared/notify/delivery-store.ts';
import { createAlertRuleStore, createChannelStore } from '../../shared/notify/settings-store.ts';
import type { Egress } from '../../shared/platform/http/egress.ts';
import type { JournalEntry } from '../../shared/platform/journal.ts';
import { type LogFields, type Logger, silentLogger } from '../../shared/platform/logging.ts';
import { createSecretBox } from '../../shared/platform/secrets.ts';
import { addMs, type EpochMs, epochMs } from '../../shared/platform/time.ts';
import { createMemoryDocuments } from './memory-documents.ts';

/** 2026-01-01T00:00:00Z. */
const T0 = epochMs(1_767_225_600_000);

export interface Posted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Answer = { readonly status: number; readonly retryAfter?: string } | Error;

/** Rules, channels and deliveries in memory, and a receiver that answers what it is told to, then 200. */
export const createNotifyWorld = () => {
  const settings = createMemoryDocuments();
  const deliveries = createMemoryDocuments();
  const posted: Posted[] = [];
  const logged: (readonly [LogFields, string])[] = [];
  const answers: Answer[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (fields, message) => void logged.push([fields, message]),
    child: () => log,
  };
  const world = { now: T0 as EpochMs };
  const egress: Pick<Egress, 'post'> = {
    async post(url, { headers, body }) {
      posted.push({ url, headers, body });
      const answer = answers.shift() ?? { status: 200 };
      if (answer instanceof Error) throw answer;
      return { status: answer.status, body: '', retryAfter: answer.retryAfter };
    },
  };
  const services = {
    alertRules: createAlertRuleStore(settings),
    channels: createChannelStore(settings),
    notifications: createDeliveryStore(deliveries),
    secrets: createSecretBox(Buffer.alloc(32, 7).toString('base64')),
    privateEgress: 'refuse' as const,
    egress,
    clock: () => world.now,
    log,
  };
  const of = <T>(kind: string): readonly T[] =>
    deliveries
      .all()
      .filter(({ value }) => value.kind === kind)
      .map(({ value }) => value as unknown as T);
  return {
    services,
    settings,
    documents: deliveries,
    answers,
    posted,
    logged,
    advance: (ms: number) => {
      world.now = addMs(world.now, ms);
    },
    deliveries: () => of<NotificationDelivery>('notification'),
    journal: () => of<JournalEntry>('journal'),
    rule: (name: string, rule: Partial<AlertRule> = {}) => services.alertRules.put(ruleOf(name, rule)),
    channel: (channel: Channel) => services.channels.put(channel),
  };
};

export const ruleOf = (name: string, rule: Partial<AlertRule> = {}): AlertRule => ({
  name,
  eventTypes: ['slipway.*'],
  minSeverity: 'info',
  channels: ['ops'],
  enabled: true,
  ...rule,
});

export const rolledBack: ReceivedEvent = {
  id: 'je_1',
  type: 'slipway.rollout.rolled-back',
  source: '/slipway',
  subject: 'endpoints/heart',
  time: '2025-12-31T23:59:59.000Z',
  correlationId: 'story-1',
  data: { model: 'heart-classifier', version: '2', reason: 'gate-failed' },
};
