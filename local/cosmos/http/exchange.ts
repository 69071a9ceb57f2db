import type { IncomingHttpHeaders } from 'node:http';
import type { ResourceAddress } from '../address.ts';
import { badRequest } from '../cosmos-error.ts';
import type { RequestUnits } from '../request-charge.ts';

/** A request as the routes see it. */
export interface CosmosRequest {
  readonly method: string;
  readonly address: ResourceAddress;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface CosmosReply {
  readonly status: number;
  /** An object to be written as JSON, or the JSON text itself. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly charge?: RequestUnits;
}

export const header = ({ headers }: CosmosRequest, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

export const isTrue = (request: CosmosRequest, name: string): boolean =>
  header(request, name)?.toLowerCase() === 'true';

/** @throws CosmosError 400 for a body that is no JSON */
export const jsonBody = ({ body }: CosmosRequest): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('The request body is not valid JSON.');
  }
};

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 100_000;

/** How many items a page may have; -1 leaves it to the size of the page. */
export const maxItemCount = (request: CosmosRequest): number => {
  const text = header(request, 'x-ms-max-item-count');
  if (text === undefined) return DEFAULT_PAGE_SIZE;
  const count = Number(text);
  if (!Number.isInteger(count) || count === 0 || count < -1) throw badRequest('The page size is not valid.');
  return count === -1 ? MAX_PAGE_SIZE : count;
};
