import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ResourceAddress } from './address.ts';
import { CosmosError } from './cosmos-error.ts';

export interface SignedRequest {
  readonly method: string;
  readonly address: ResourceAddress;
  readonly authorization: string | undefined;
  readonly date: string | undefined;
}

/**
 * The base64 HMAC-SHA256 that a master key gives a request.
 *
 * @see https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources
 */
export const masterKeySignature = (key: string, request: Omit<SignedRequest, 'authorization'>): string => {
  const { method, address, date = '' } = request;
  const text = `${method.toLowerCase()}\n${address.type.toLowerCase()}\n${address.signedLink}\n${date.toLowerCase()}\n\n`;
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
};

const unauthorized = (message: string): CosmosError => new CosmosError(401, message);

const tokenFields = (authorization: string): URLSearchParams => {
  let text = authorization;
  try {
    text = decodeURIComponent(authorization);
  } catch {
    throw unauthorized('The authorization header is not valid percent-encoding.');
  }
  // A base64 signature has `+`, which URLSearchParams would read as a space.
  return new URLSearchParams(text.replaceAll('+', '%2B'));
};

/** @throws CosmosError 401 unless the request carries this account's signature */
export const authorize = (key: string, request: SignedRequest): void => {
  if (request.authorization === undefined || request.date === undefined) {
    throw unauthorized('Required Header authorization is missing. Ensure a valid Authorization token is passed.');
  }
  const fields = tokenFields(request.authorization);
  const given = Buffer.from(fields.get('sig') ?? '');
  const expected = Buffer.from(masterKeySignature(key, request));
  const matches = given.length === expected.length && timingSafeEqual(given, expected);
  if (fields.get('type') !== 'master' || !matches) {
    throw unauthorized(
      "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.",
    );
  }
};
