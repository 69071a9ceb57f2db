import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SlipwayError } from '../../platform/errors.ts';
import type { EpochMs } from '../../platform/time.ts';

/** A webhook request as it came. */
export interface WebhookRequest {
  /** A header; `name` in lower case. */
  header(name: string): string | undefined;
  readonly body: Buffer;
}

/** A webhook request that says it is signed; nothing of it is believed before `isSignedWith`. */
export type Delivery = {
  /** The same on every attempt of one delivery. */
  readonly id: string;
  readonly body: Buffer;
  readonly signature: string;
} & ({ readonly dialect: 'mlflow'; readonly timestamp: string } | { readonly dialect: 'databricks' });

/** Headers of each dialect that go into what is compared, for messages. */
export const SIGNED_WITH = {
  mlflow: 'X-MLflow-Signature over X-MLflow-Delivery-Id, X-MLflow-Timestamp and the body',
  databricks: 'X-Databricks-Signature over the body',
} as const;

const MAX_ID = 200;
const TOLERANCE_SECONDS = 300;

/**
 * The parts of a request that its signature is made of.
 *
 * @throws SlipwayError UNAUTHENTICATED when it is not signed; BAD_REQUEST when a header that belongs to the signature
 * is missing or malformed
 * @see https://mlflow.org/docs/latest/ml/webhooks/ and
 * https://docs.databricks.com/aws/en/mlflow/model-registry-webhooks for the two ways of signing
 */
export const readDelivery = ({ header, body }: WebhookRequest): Delivery => {
  const signature = header('x-mlflow-signature');
  if (signature !== undefined) {
    const id = mlflowHeader(header, 'X-MLflow-Delivery-Id', (value) => value.length <= MAX_ID);
    const timestamp = mlflowHeader(header, 'X-MLflow-Timestamp', (value) => /^\d{1,12}$/.test(value));
    return { dialect: 'mlflow', id, timestamp, signature, body };
  }
  const databricks = header('x-databricks-signature');
  if (databricks !== undefined) {
    const id = createHash('sha256').update(body).digest('hex');
    return { dialect: 'databricks', id, signature: databricks, body };
  }
  throw new SlipwayError(
    'UNAUTHENTICATED',
    'the delivery is not signed: it has neither X-MLflow-Signature nor X-Databricks-Signature; give the webhook a secret',
  );
};

const mlflowHeader = (
  header: WebhookRequest['header'],
  name: string,
  isWellFormed: (value: string) => boolean,
): string => {
  const value = header(name.toLowerCase()) ?? '';
  if (value !== '' && isWellFormed(value)) return value;
  const problem = value === '' ? 'is missing' : 'is malformed';
  throw new SlipwayError('BAD_REQUEST', `X-MLflow-Signature is there, but ${name}, which it covers, ${problem}`);
};

/** True when who signed knows the secret. Takes as long for a wrong signature as for a right one. */
export const isSignedWith = (delivery: Delivery, secret: string): boolean => {
  const hmac = createHmac('sha256', secret);
  if (delivery.dialect === 'mlflow') hmac.update(`${delivery.id}.${delivery.timestamp}.`);
  const expected = hmac.update(delivery.body).digest();
  const given = signatureBytes(delivery);
  return given.length === expected.length && timingSafeEqual(given, expected);
};

const signatureBytes = ({ dialect, signature }: Delivery): Buffer => {
  if (dialect === 'databricks') return Buffer.from(signature, 'hex');
  return signature.startsWith('v1,') ? Buffer.from(signature.slice('v1,'.length), 'base64') : Buffer.alloc(0);
};

/**
 * Databricks signs no time of delivery; a repeat of its deliveries does nothing, because what changed is read from the
 * server itself.
 *
 * @throws SlipwayError UNAUTHENTICATED for what was signed more than five minutes ago, or ahead of our clock
 */
export const requireRecent = (delivery: Delivery, now: EpochMs): void => {
  if (delivery.dialect === 'databricks') return;
  const age = Math.floor(now / 1000) - Number(delivery.timestamp);
  if (Math.abs(age) <= TOLERANCE_SECONDS) return;
  const when = age > 0 ? `${age} s ago` : `${-age} s in the future`;
  throw new SlipwayError(
    'UNAUTHENTICATED',
    `X-MLflow-Timestamp says the delivery was signed ${when}, and at most ${TOLERANCE_SECONDS} s are allowed: compare the clocks of both servers`,
  );
};
