import { badRequest } from './cosmos-error.ts';

/** What a request path points at. */
export interface ResourceAddress {
  readonly database?: string;
  readonly container?: string;
  /** The last type word of the path, such as `docs`; empty for the account. */
  readonly type: string;
  /** The id after `type`; undefined for a feed. */
  readonly id?: string;
  /** What the master-key signature covers: the path of the resource, or of a feed's parent. */
  readonly signedLink: string;
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`The request path segment '${segment}' is not valid percent-encoding.`);
  }
};

/**
 * A request path such as `/dbs/slipway/colls/endpoints/docs` taken apart.
 *
 * @throws CosmosError 400 for a path that is no resource path
 */
export const parseAddress = (path: string): ResourceAddress => {
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decoded);
  const names: Record<string, string> = {};
  for (let index = 0; index + 1 < segments.length; index += 2) {
    names[segments[index] ?? ''] = segments[index + 1] ?? '';
  }
  const isFeed = segments.length % 2 === 1;
  const type = (isFeed ? segments.at(-1) : segments.at(-2)) ?? '';
  const id = isFeed ? undefined : segments.at(-1);
  return {
    ...(names['dbs'] === undefined ? {} : { database: names['dbs'] }),
    ...(names['colls'] === undefined ? {} : { container: names['colls'] }),
    type,
    ...(id === undefined ? {} : { id }),
    signedLink: (isFeed ? segments.slice(0, -1) : segments).join('/'),
  };
};
