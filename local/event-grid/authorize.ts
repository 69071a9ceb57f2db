import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { EpochMs } from '../../shared/platform/time.ts';
import { ServiceError } from './service-error.ts';

export interface PublishCredentials {
  readonly keys: readonly string[];
  readonly bearerToken?: string | undefined;
}

/**
 * Lets a publisher pass that shows a key, a SAS token signed with one, or the bearer token.
 *
 * @throws ServiceError 401
 * @see https://learn.microsoft.com/azure/event-grid/authenticate-with-access-keys-shared-access-signatures
 */
export const authorizePublisher = (
  headers: IncomingHttpHeaders,
  path: string,
  credentials: PublishCredentials,
  now: EpochMs,
): void => {
  const key = single(headers['aeg-sas-key']);
  const authorization = headers.authorization ?? '';
  const sas = single(headers['aeg-sas-token']) ?? after('SharedAccessSignature ', authorization);
  const bearer = after('Bearer ', authorization);
  if (key !== undefined && credentials.keys.some((own) => isSame(own, key))) return;
  if (sas !== undefined && isValidSas(sas, path, credentials.keys, now)) return;
  if (bearer !== undefined && credentials.bearerToken !== undefined && isSame(credentials.bearerToken, bearer)) return;
  throw new ServiceError(
    401,
    'Unauthorized',
    'the request carries no valid aeg-sas-key, aeg-sas-token or bearer token',
  );
};

const single = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined;

const after = (prefix: string, text: string): string | undefined =>
  text.startsWith(prefix) ? text.slice(prefix.length) : undefined;

const isSame = (expected: string, given: string): boolean => {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** `r=<resource>&e=<expiry>&s=<signature of all before it>`. The host in `r` is not compared: ports get mapped. */
const isValidSas = (token: string, path: string, keys: readonly string[], now: EpochMs): boolean => {
  const parts = /^(r=([^&]*)&e=([^&]*))&s=([^&]*)$/.exec(token);
  if (parts === null) return false;
  const [signed = '', resource = '', expiry = '', signature = ''] = parts.slice(1);
  const expiresAt = Date.parse(`${decode(expiry)} UTC`);
  if (!(now < expiresAt)) return false;
  const resourcePath = URL.canParse(decode(resource)) ? new URL(decode(resource)).pathname : '';
  if (!path.startsWith(resourcePath)) return false;
  return keys.some((key) =>
    isSame(createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64'), decode(signature)),
  );
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
};
