import { buffer } from 'node:stream/consumers';
import { LRUCache } from 'lru-cache';
import { SlipwayError } from '../../../platform/errors.ts';
import type { Egress } from '../../../platform/http/egress.ts';
import { parseIndexPage } from './parse-index-page.ts';
import type { RandomAccess } from './random-access.ts';
import { readMetadata } from './read-wheel.ts';
import type { ListedFile, WheelIndex } from './wheel-index.ts';
import { WheelRefused } from './wheel-refused.ts';

export interface HttpIndexOptions {
  /** Root of the index, such as `https://pypi.org/simple`. May hold a user and a password, which go to its host alone. */
  readonly url: string;
  readonly egress: Egress;
}

const TIMEOUT_MS = 30_000;
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_METADATA_BYTES = 4 * 1024 * 1024;
const MAX_WHEEL_BYTES = 6 * 1024 ** 3;
const MAX_REDIRECTS = 5;

/** Pages are asked for by the resolver first and again when the files are fetched, a moment later. */
const PAGE_MAX_AGE_MS = 5 * 60_000;

const ACCEPT = 'application/vnd.pypi.simple.v1+json, text/html;q=0.5';

/** A package index on the network. Addresses are checked by the egress it is given, redirects included. */
export const createHttpIndex = ({ url, egress }: HttpIndexOptions): WheelIndex => {
  const { root, origin, authorization } = rootOf(url);
  const pages = new LRUCache<string, Promise<readonly ListedFile[] | undefined>>({ max: 200, ttl: PAGE_MAX_AGE_MS });
  const ask = (target: string, options: AskOptions) => get(egress, target, { origin, authorization, ...options });

  const readPage = async (project: string): Promise<readonly ListedFile[] | undefined> => {
    const pageUrl = `${root}/${project}/`;
    const { status, body } = await ask(pageUrl, { maxBytes: MAX_PAGE_BYTES, accept: ACCEPT });
    const text = (await buffer(body)).toString('utf8');
    if (status === 404) return undefined;
    requireOk(status, new URL(root).host);
    try {
      return parseIndexPage(text, pageUrl);
    } catch (cause) {
      const message = `'${new URL(root).host}' answers with something that is no page of a package index`;
      throw new SlipwayError('TEMPORARILY_UNAVAILABLE', message, { cause });
    }
  };

  return {
    name: new URL(root).host,
    filesOf(project) {
      const known = pages.get(project);
      if (known !== undefined) return known;
      const reading = readPage(project);
      pages.set(project, reading);
      reading.catch(() => pages.delete(project));
      return reading;
    },
    async download(file) {
      const { status, body } = await ask(file.url, { maxBytes: file.size ?? MAX_WHEEL_BYTES });
      if (status !== 200) body.destroy();
      requireOk(status, new URL(file.url).host);
      return body;
    },
    async metadataOf(file) {
      if (file.hasMetadata === true) {
        const { status, body } = await ask(`${file.url}.metadata`, { maxBytes: MAX_METADATA_BYTES });
        const text = (await buffer(body)).toString('utf8');
        if (status === 200) return text;
      }
      return metadataByRanges(file, (range) => ask(file.url, { maxBytes: MAX_WHEEL_BYTES, range }));
    },
  };
};

interface AskOptions {
  readonly maxBytes: number;
  readonly accept?: string;
  readonly range?: string;
}

type Answer = Awaited<ReturnType<Egress['get']>>;

const get = async (
  egress: Egress,
  url: string,
  options: AskOptions & { readonly origin: string; readonly authorization: string | undefined },
): Promise<Answer> => {
  let target = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const { accept, range, origin, authorization, maxBytes } = options;
    const headers = {
      ...(accept === undefined ? {} : { accept }),
      ...(range === undefined ? {} : { range }),
      ...(authorization === undefined || new URL(target).origin !== origin ? {} : { authorization }),
    };
    const answer = await egress.get(target, { headers, timeoutMs: TIMEOUT_MS, maxBytes });
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
    answer.body.destroy();
    target = new URL(location, target).href;
  }
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `'${new URL(url).host}' redirects in circles`);
};

const rootOf = (url: string) => {
  const { username, password, ...rest } = splitCredential(url);
  const root = rest.url.replace(/\/+$/, '');
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = username === '' ? undefined : `Basic ${Buffer.from(pair).toString('base64')}`;
  return { root, origin: new URL(root).origin, authorization };
};

const splitCredential = (text: string) => {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return { username, password, url: url.href };
};

const requireOk = (status: number, host: string): void => {
  if (status === 200) return;
  if (status === 404) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `'${host}' does not have a file it names`);
  if (status === 401 || status === 403) {
    throw new SlipwayError('PERMISSION_DENIED', `'${host}' asks for a credential: give it in PYTHON_INDEX_URL`);
  }
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `'${host}' answered with status ${status}`);
};

/** Reads the end of the wheel, where its directory is, and then the one member. */
const metadataByRanges = async (
  { fileName }: ListedFile,
  ask: (range: string) => Promise<Answer>,
): Promise<string | undefined> => {
  const tail = await ask(`bytes=-${TAIL_BYTES}`);
  const size = Number(/^bytes \d+-\d+\/(\d+)$/.exec(tail.headers['content-range'] ?? '')?.[1]);
  if (tail.status !== 206 || !Number.isSafeInteger(size)) {
    tail.body.destroy();
    return undefined;
  }
  const end = await buffer(tail.body);
  const file: RandomAccess = {
    size,
    close: async () => undefined,
    read: async (position, length) => {
      const from = position - (size - end.length);
      if (from >= 0) return end.subarray(from, from + length);
      const { status, body } = await ask(`bytes=${position}-${position + length - 1}`);
      const bytes = await buffer(body);
      if (status === 206 && bytes.length === length) return bytes;
      throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `a part of ${fileName} could not be read`);
    },
  };
  try {
    return await readMetadata(fileName, file);
  } catch (cause) {
    // The whole file will say the same, with what it takes to be sure.
    if (cause instanceof WheelRefused) return undefined;
    throw cause;
  }
};

const TAIL_BYTES = 128 * 1024;
