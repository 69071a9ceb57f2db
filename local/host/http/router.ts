import { parseRoute, type RouteTemplate } from './route-template.ts';

export interface RouteDefinition<T> {
  /** Without the prefix. */
  readonly route: string;
  readonly methods: readonly string[];
  readonly target: T;
}

interface Entry<T> {
  readonly template: RouteTemplate;
  readonly methods: ReadonlySet<string>;
  readonly target: T;
}

export interface RouteMatch<T> {
  readonly target: T;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Finds the route of a request. The most specific template that fits and takes the method wins; literal paths are
 * looked up, the others are asked in order of precedence.
 */
export class Router<T> {
  readonly #prefix: string;
  readonly #literal = new Map<string, Entry<T>[]>();
  #patterns: Entry<T>[] = [];

  constructor(routePrefix: string) {
    this.#prefix = routePrefix.replace(/^\/+|\/+$/g, '');
  }

  /** @throws Error when the template is not valid or another route takes the same requests */
  add({ route, methods, target }: RouteDefinition<T>): void {
    const template = parseRoute([this.#prefix, route.replace(/^\/+/, '')].filter((part) => part !== '').join('/'));
    const entry = { template, methods: new Set(methods.map((method) => method.toUpperCase())), target };
    const key = template.literal;
    const peers = key === undefined ? this.#patterns : (this.#literal.get(key) ?? []);
    const rival = peers.find((peer) => peer.template.shape === template.shape && overlaps(peer.methods, entry.methods));
    // Equal shapes may still differ by constraint; those are told apart when the request comes.
    if (rival && rival.template.precedence === template.precedence && !template.precedence.includes('2')) {
      throw new Error(`route '${route}' takes requests that another function's route takes`);
    }
    if (key === undefined) {
      this.#patterns = [...peers, entry].sort(byPrecedence);
    } else {
      this.#literal.set(key, [...peers, entry]);
    }
  }

  /** `path` is decoded and has neither a leading nor a trailing slash. */
  match(method: string, path: string): RouteMatch<T> | undefined {
    const literal = this.#literal.get(path.toLowerCase())?.find(({ methods }) => methods.has(method));
    if (literal) return { target: literal.target, params: {} };
    for (const { template, methods, target } of this.#patterns) {
      if (!methods.has(method)) continue;
      const params = template.match(path);
      if (params) return { target, params };
    }
    return undefined;
  }
}

const byPrecedence = (a: Entry<unknown>, b: Entry<unknown>): number =>
  a.template.precedence < b.template.precedence ? -1 : Number(a.template.precedence > b.template.precedence);

const overlaps = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].some((method) => b.has(method));

/**
 * The path that routes are matched against: decoded except for `%2F`, dot segments resolved, outer slashes off.
 * Malformed escapes stay as they are.
 */
export const routePath = (rawPath: string): string => {
  const decoded = rawPath.includes('%') ? decodePath(rawPath) : rawPath;
  const resolved = decoded.includes('/.') ? resolveDots(decoded) : decoded;
  return resolved.replace(/^\/|\/$/g, '');
};

const decodePath = (path: string): string =>
  path
    .split(/(%2f)/i)
    .map((piece) => {
      if (/^%2f$/i.test(piece)) return piece;
      try {
        return decodeURIComponent(piece);
      } catch {
        return piece;
      }
    })
    .join('');

const resolveDots = (path: string): string => {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return kept.join('/');
};
