import { readChangeFeed } from '../change-feed.ts';
import { badRequest } from '../cosmos-error.ts';
import { type CosmosReply, type CosmosRequest, header, maxItemCount } from '../http/exchange.ts';
import { queryCharge } from '../request-charge.ts';
import type { Account } from '../storage/account.ts';
import type { Container } from '../storage/container.ts';
import { isExpired } from '../storage/time-to-live.ts';
import { givenPartitionKey } from './item-context.ts';

export const isChangeFeed = (request: CosmosRequest): boolean => header(request, 'a-im') !== undefined;

const sinceSeconds = (request: CosmosRequest): number | undefined => {
  const text = header(request, 'if-modified-since');
  return text === undefined ? undefined : Math.floor(Date.parse(text) / 1000);
};

/** `GET …/docs` with `A-IM: Incremental Feed`. Not modified is 304; its tag is still the position to go on from. */
export const readFeed = (account: Account, container: Container, request: CosmosRequest): CosmosReply => {
  if (header(request, 'a-im')?.toLowerCase() !== 'incremental feed') {
    throw badRequest('Only the latest-version change feed is supported: the account has no continuous backup.');
  }
  const now = account.now();
  const position = header(request, 'if-none-match');
  const since = sinceSeconds(request);
  const partitionKey = givenPartitionKey(request);
  const from = header(request, 'x-ms-start-epk');
  const to = header(request, 'x-ms-end-epk');
  const { documents, etag } = readChangeFeed(container, {
    maxItems: maxItemCount(request),
    isVisible: (document) => !isExpired(container.definition, document, now),
    ...(position === undefined ? {} : { position }),
    ...(since === undefined ? {} : { sinceSeconds: since }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(from === undefined || to === undefined ? {} : { range: { from, to } }),
  });
  const headers = { etag, 'x-ms-item-count': String(documents.length) };
  if (documents.length === 0) return { status: 304, headers, charge: queryCharge(0, 0) };
  const bytes = documents.reduce((sum, document) => sum + document.bytes, 0);
  const items = documents.map(({ body, lsn }) => ({ ...body, _lsn: lsn }));
  return {
    status: 200,
    headers,
    body: { _rid: container.rid, Documents: items, _count: items.length },
    charge: queryCharge(documents.length, bytes),
  };
};
