import { randomUUID } from 'node:crypto';
import { isSlipwayError } from '../../platform/errors.ts';
import type { Egress } from '../../platform/http/egress.ts';
import type { SecretBox } from '../../platform/secrets.ts';
import type { Clock } from '../../platform/time.ts';
import { WEBHOOK_TIMEOUT_MS } from './deliver-webhook.ts';
import { examplePayload } from './example-payload.ts';
import type { Webhook } from './webhook.ts';
import type { WebhookEvent } from './webhook-event.ts';
import { mlflowHeaders, webhookBody } from './webhook-request.ts';

export interface TestWebhookServices {
  readonly egress: Pick<Egress, 'post'>;
  readonly secrets: SecretBox;
  readonly clock: Clock;
}

/** How a test went: what the receiver answered, or why there is no answer. */
export interface WebhookTest {
  readonly success: boolean;
  readonly status?: number;
  /** The first 2 KiB of the answer. */
  readonly body?: string;
  readonly error?: string;
}

/** Sends an example of the event to the webhook, once, signed as the real ones are. Never fails itself. */
export const testWebhook = async (
  { url, sealedSecret }: Webhook,
  event: WebhookEvent,
  { egress, secrets, clock }: TestWebhookServices,
): Promise<WebhookTest> => {
  const now = clock();
  const body = webhookBody(event, now, examplePayload(event));
  try {
    const secret = sealedSecret === undefined ? undefined : secrets.open(sealedSecret);
    const headers = mlflowHeaders({ id: randomUUID(), timestamp: Math.floor(now / 1000), body }, secret);
    const answer = await egress.post(url, { headers, body, timeoutMs: WEBHOOK_TIMEOUT_MS });
    return { success: answer.status >= 200 && answer.status < 300, status: answer.status, body: answer.body };
  } catch (cause) {
    if (!isSlipwayError(cause)) throw cause;
    return { success: false, error: `Failed to test webhook: ${cause.message}` };
  }
};
