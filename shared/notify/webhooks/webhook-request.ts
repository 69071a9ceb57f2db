import { createHash, createHmac } from 'node:crypto';
import { type EpochMs, toIso } from '../../platform/time.ts';
import type { WebhookEvent } from './webhook-event.ts';

/** The JSON that is sent and signed, byte for byte. */
export const webhookBody = ({ entity, action }: WebhookEvent, at: EpochMs, data: unknown): string =>
  JSON.stringify({ entity, action, timestamp: toIso(at).replace('Z', '+00:00'), data });

/**
 * MLflow's headers: who sends the body and when.
 *
 * The signature is `v1,` and the base64 HMAC-SHA256 of `<id>.<timestamp>.<body>` under the bytes of the secret.
 *
 * @param timestamp - Unix seconds
 * @see https://mlflow.org/docs/latest/ml/webhooks/#security
 */
export const mlflowHeaders = (
  { id, timestamp, body }: { readonly id: string; readonly timestamp: number; readonly body: string },
  secret: string | undefined,
): Readonly<Record<string, string>> => ({
  'Content-Type': 'application/json',
  'X-MLflow-Delivery-Id': id,
  'X-MLflow-Timestamp': String(timestamp),
  ...(secret === undefined
    ? {}
    : {
        'X-MLflow-Signature': `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
      }),
});

/** A UUID (version 8) derived from what caused the delivery: the same cause has the same one. */
export const deliveryId = (...causes: readonly string[]): string => {
  const bytes = createHash('sha256').update(JSON.stringify(causes)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
