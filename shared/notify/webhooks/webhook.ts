import type { Document } from '../../platform/documents.ts';
import type { EpochMs } from '../../platform/time.ts';
import type { WebhookEvent } from './webhook-event.ts';

export const WEBHOOK_STATUSES = ['ACTIVE', 'DISABLED'] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

/** Somebody who is told of changes of the registry. */
export interface Webhook extends Document {
  readonly kind: 'webhook';
  /** Need not be unique. */
  readonly name: string;
  readonly url: string;
  /** Sorted, at least one. */
  readonly events: readonly WebhookEvent[];
  /** Names of the models it is told of; a trailing `*` matches every name that begins so. Absent: all models. */
  readonly models?: readonly string[];
  readonly description?: string;
  readonly sealedSecret?: string;
  readonly status: WebhookStatus;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** Counts changes, so that every journal entry has an id of its own. */
  readonly revision: number;
}

/** True when an event about that model, of that time, is to be told to the webhook. */
export const isToldOf = (
  webhook: Webhook,
  told: { readonly event: WebhookEvent; readonly model: string; readonly at: EpochMs },
): boolean =>
  webhook.status === 'ACTIVE' &&
  // What happened before it was there is no news to it.
  webhook.createdAt <= told.at &&
  webhook.events.some(({ entity, action }) => entity === told.event.entity && action === told.event.action) &&
  (webhook.models === undefined || webhook.models.some((pattern) => matches(pattern, told.model)));

const matches = (pattern: string, model: string): boolean =>
  pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;
