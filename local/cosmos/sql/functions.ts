import { createRequire } from 'node:module';
import { badRequest } from '../cosmos-error.ts';
import type { Value } from './values.ts';

type SqlFunction = (...args: readonly Value[]) => Value;

const textTest =
  (test: (text: string, part: string) => boolean): SqlFunction =>
  (text, part, ignoresCase) => {
    if (typeof text !== 'string' || typeof part !== 'string') return undefined;
    return ignoresCase === true ? test(text.toLowerCase(), part.toLowerCase()) : test(text, part);
  };

const LIKE_PART = /\[(?<negated>\^?)(?<set>[^\]]*)\]|(?<wildcard>[%_])|(?<plain>[^%_[]+|\[)/g;
const SPECIAL_IN_REGEXP = /[.*+?^${}()|[\]\\/-]/g;

const escaped = (text: string): string => text.replace(SPECIAL_IN_REGEXP, '\\$&');

/** `%` is any text and `_` any character; `[ab]` and `[^ab]` are sets. */
const likePattern = (pattern: string): RegExp => {
  const source = [...pattern.matchAll(LIKE_PART)].map(({ groups = {} }) => {
    if (groups['wildcard'] !== undefined) return groups['wildcard'] === '%' ? '.*' : '.';
    if (groups['set'] !== undefined) return `[${groups['negated']}${groups['set'].replace(/[\\\]^]/g, '\\$&')}]`;
    return escaped(groups['plain'] ?? '');
  });
  return new RegExp(`^${source.join('')}$`, 's');
};

const like: SqlFunction = (text, pattern) => {
  if (typeof text !== 'string' || typeof pattern !== 'string') return undefined;
  return likePattern(pattern).test(text);
};

const substring: SqlFunction = (text, start, length) =>
  typeof text === 'string' && typeof start === 'number' && typeof length === 'number'
    ? text.slice(start, start + length)
    : undefined;

const replace: SqlFunction = (text, part, by) =>
  typeof text === 'string' && typeof part === 'string' && typeof by === 'string'
    ? text.replaceAll(part, by)
    : undefined;

const isInteger: SqlFunction = (value) => Number.isInteger(value);

/** Ours: absent from the library, or wrong there (letter case, replacing once, the length of a substring). */
const OWN: Readonly<Record<string, SqlFunction>> = {
  STARTSWITH: textTest((text, part) => text.startsWith(part)),
  ENDSWITH: textTest((text, part) => text.endsWith(part)),
  CONTAINS: textTest((text, part) => text.includes(part)),
  STRINGEQUALS: textTest((text, part) => text === part),
  SUBSTRING: substring,
  REPLACE: replace,
  IS_INTEGER: isInteger,
  IS_DEFINED: (value) => value !== undefined,
  __LIKE: like,
};

let library: Readonly<Record<string, SqlFunction>> | undefined;

/** Loaded on first use: the library brings a geometry package that would double the time to start. */
const fromLibrary = (name: string): SqlFunction | undefined => {
  library ??= createRequire(import.meta.url)('@zeit/cosmosdb-query/lib/builtin-functions.js') as Record<
    string,
    SqlFunction
  >;
  return Object.hasOwn(library, name) ? library[name] : undefined;
};

/** @throws CosmosError 400 with the service's SC2005 for a name that is no function */
export const sqlFunction = (name: string): SqlFunction => {
  const upper = name.toUpperCase();
  const found = Object.hasOwn(OWN, upper) ? OWN[upper] : fromLibrary(upper);
  if (found !== undefined) return found;
  throw badRequest(
    `Message: {"errors":[{"severity":"Error","code":"SC2005","message":"'${name}' is not a recognized built-in function name."}]}`,
  );
};
