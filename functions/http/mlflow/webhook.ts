import type { Readable } from 'node:stream';
import * as z from 'zod';
import { SlipwayError, toSlipwayError } from '../../../shared/platform/errors.ts';
import type { AnswerServices } from '../../../shared/platform/http/answer.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { type ReceiveWebhookServices, receiveWebhook } from '../../../shared/registry/mirror/receive-webhook.ts';

export const WEBHOOK_PATH = 'webhooks/mlflow';

/** Far more than any registry sends. */
const MAX_BODY_BYTES = 1_048_576;

const bytesOf = async (stream: Readable | undefined): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new SlipwayError('PAYLOAD_TOO_LARGE', 'the body is over 1 MiB');
    chunks.push(Buffer.from(chunk as Buffer));
  }
  return Buffer.concat(chunks);
};

/** Webhooks of origin servers. The signature is the credential, and it covers the very bytes that came. */
export const mlflowWebhook = defineRoute<AnswerServices & ReceiveWebhookServices>()({
  name: 'mlflow-webhook',
  method: 'POST',
  path: WEBHOOK_PATH,
  access: 'public',
  dialect: 'mlflow',
  summary: 'Take a signed webhook of an MLflow server or of Databricks',
  query: z.object({ origin: z.string().max(63).optional() }),
  body: 'stream',
  output: z.object({ origin: z.string(), event: z.string().optional(), ignored: z.string().optional() }),
  async handle({ query: { origin: wanted } }, services, { stream, header, cause, log }) {
    try {
      const request = { header, body: await bytesOf(stream) };
      const received = await receiveWebhook({ ...services, log }, request, {
        cause,
        ...(wanted === undefined ? {} : { wanted }),
      });
      log.info({ ...received }, 'webhook received');
      return { json: received };
    } catch (cause) {
      const error = toSlipwayError(cause);
      log.warn({ code: error.code, reason: error.message }, 'webhook refused');
      throw error;
    }
  },
});
