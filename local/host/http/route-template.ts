import { routeConstraint } from './route-constraints.ts';

interface Parameter {
  readonly name: string;
  readonly checks: readonly ((value: string) => boolean)[];
  readonly optional: boolean;
  readonly catchAll: boolean;
  readonly fallback: string | undefined;
}

type Part = { readonly literal: string } | { readonly parameter: Parameter };

export interface RouteTemplate {
  /** The template with parameter names taken out: two routes with the same shape cannot be told apart. */
  readonly shape: string;
  /** Sorts ascending: what comes first is asked first. */
  readonly precedence: string;
  /** The lower-cased path when the template has no parameter. */
  readonly literal: string | undefined;
  /** The parameters of a path without leading or trailing slash; undefined when it does not fit. */
  match(path: string): Record<string, string> | undefined;
}

/**
 * A route template as ASP.NET Core reads it: `models/{name}/{version:int?}`, `files/{*path}`, `{name}.{ext}`.
 *
 * @throws Error for a template that is not valid
 */
export const parseRoute = (template: string): RouteTemplate => {
  const segments = splitSegments(template).map(parseSegment);
  const parameters = segments.flat().flatMap((part) => ('parameter' in part ? [part.parameter] : []));
  checkOrder(template, segments, parameters);
  const expression = new RegExp(`^${segments.map(segmentPattern).join('')}$`, 'is');
  return {
    shape: segments.map(segmentShape).join('/'),
    // One digit per segment; the end sorts before every digit, so a shorter template is asked first.
    precedence: segments.map(segmentRank).join(''),
    literal: parameters.length === 0 ? segments.map(segmentShape).join('/') : undefined,
    match: (path) => {
      const found = expression.exec(`/${path}`);
      return found ? collect(parameters, found.slice(1)) : undefined;
    },
  };
};

const checkOrder = (template: string, segments: readonly Part[][], parameters: readonly Parameter[]): void => {
  const names = parameters.map(({ name }) => name.toLowerCase());
  if (new Set(names).size !== names.length) throw new Error(`route '${template}' names a parameter twice`);
  const early = segments.slice(0, -1).flat();
  if (early.some((part) => 'parameter' in part && part.parameter.catchAll)) {
    throw new Error(`route '${template}' has a catch-all parameter that is not last`);
  }
};

const collect = (parameters: readonly Parameter[], values: readonly (string | undefined)[]) => {
  const params: Record<string, string> = {};
  for (const [index, { name, checks, fallback }] of parameters.entries()) {
    const value = values[index] || fallback;
    if (value === undefined) continue;
    if (!checks.every((check) => check(value))) return undefined;
    params[name] = value;
  }
  return params;
};

/** At slashes outside braces: a regex constraint may hold one. */
const splitSegments = (template: string): string[] => {
  const segments: string[] = [''];
  let depth = 0;
  for (const character of template.replace(/^\/+|\/+$/g, '')) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === '/' && depth === 0) segments.push('');
    else segments[segments.length - 1] += character;
  }
  if (depth !== 0) throw new Error(`route '${template}' has unbalanced braces`);
  return segments.length === 1 && segments[0] === '' ? [] : segments;
};

const parseSegment = (segment: string): Part[] => {
  const parts: Part[] = [];
  let rest = segment;
  while (rest !== '') {
    const open = rest.indexOf('{');
    if (open !== 0) {
      parts.push({ literal: open === -1 ? rest : rest.slice(0, open) });
      rest = open === -1 ? '' : rest.slice(open);
      continue;
    }
    const close = closingBrace(rest);
    parts.push({ parameter: parseParameter(rest.slice(1, close)) });
    rest = rest.slice(close + 1);
  }
  return parts;
};

const closingBrace = (text: string): number => {
  let depth = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
};

const parseParameter = (text: string): Parameter => {
  const match = /^(\*{0,2})([^:=?*]+)((?::(?:[^:=?(]+(?:\(.*?\)(?=[:=?]|$))?))*)(?:=(.*?))?(\?)?$/s.exec(text);
  if (!match) throw new Error(`route parameter '{${text}}' is not valid`);
  const [, stars = '', name = '', constraints = '', fallback, optional] = match;
  const texts = [...constraints.matchAll(/:([^:(]+(?:\(.*?\)(?=:|$))?)/gs)].map(([, constraint = '']) => constraint);
  return {
    name,
    // Inside a template a brace of a regular expression is written twice.
    checks: texts.map((constraint) => routeConstraint(constraint.replaceAll('{{', '{').replaceAll('}}', '}'))),
    optional: optional === '?' || fallback !== undefined,
    catchAll: stars !== '',
    fallback,
  };
};

const escapeText = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const segmentPattern = (parts: readonly Part[]): string => {
  const [first] = parts;
  if (parts.length === 1 && first && 'parameter' in first) {
    if (first.parameter.catchAll) return '(?:/(.*))?';
    return first.parameter.optional ? '(?:/([^/]+))?' : '/([^/]+)';
  }
  return `/${parts.map((part) => ('literal' in part ? escapeText(part.literal) : '([^/]+)')).join('')}`;
};

const segmentShape = (parts: readonly Part[]): string =>
  parts
    .map((part) => ('literal' in part ? part.literal.toLowerCase() : part.parameter.catchAll ? '{*}' : '{}'))
    .join('');

/** Literal, then mixed or constrained, then any value, then catch-all. */
const segmentRank = (parts: readonly Part[]): number => {
  const [first] = parts;
  if (parts.length > 1 || first === undefined) return 2;
  if ('literal' in first) return 1;
  const constrained = first.parameter.checks.length > 0;
  if (first.parameter.catchAll) return constrained ? 4 : 5;
  return constrained ? 2 : 3;
};
