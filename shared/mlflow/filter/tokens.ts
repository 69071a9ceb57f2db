import { invalid } from '../invalid.ts';

/** A lexical piece of a filter. */
export type Token =
  /** `name`, `tag.team`, tags.`my key`: something that is compared. */
  | { readonly kind: 'identifier'; readonly entity?: string; readonly key: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  /** Upper case, words included: `=`, `ILIKE`. */
  | { readonly kind: 'operator'; readonly value: string }
  | { readonly kind: 'keyword'; readonly value: string }
  | { readonly kind: 'punctuation'; readonly value: string };

const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'IS', 'NULL']);
const OPERATORS = new Set(['LIKE', 'ILIKE', 'IN']);

/** Tried in this order at each place. */
const PATTERNS: readonly (readonly [RegExp, (match: RegExpExecArray) => Token])[] = [
  [
    /([A-Za-z_]\w*)\.(?:`([^`]+)`|"([^"]+)")/y,
    ([, entity = '', tick, quoted]) => ({ kind: 'identifier', entity, key: tick ?? quoted ?? '' }),
  ],
  [/`([^`]+)`/y, ([, key = '']) => ({ kind: 'identifier', key })],
  // Doubled quotes belong to the text and stay doubled, as in MLflow.
  [/'((?:[^']|'')*)'|"((?:[^"]|"")*)"/y, ([, one, two]) => ({ kind: 'string', value: one ?? two ?? '' })],
  [/[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.-])/iy, ([text]) => ({ kind: 'number', value: Number(text) })],
  [/!=|<>|<=|>=|==|=|<|>|!/y, ([value]) => ({ kind: 'operator', value })],
  [/[(),;]/y, ([value]) => ({ kind: 'punctuation', value })],
  [/[^\s=!<>(),;'"`]+/y, ([text]) => wordToken(text)],
];

const wordToken = (text: string): Token => {
  const upper = text.toUpperCase();
  if (KEYWORDS.has(upper)) return { kind: 'keyword', value: upper };
  if (OPERATORS.has(upper)) return { kind: 'operator', value: upper };
  const dot = text.indexOf('.');
  if (dot < 0) return { kind: 'identifier', key: text };
  return { kind: 'identifier', entity: text.slice(0, dot), key: text.slice(dot + 1) };
};

/**
 * The tokens of a filter.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a quote that is not closed
 */
export const tokensOf = (filter: string): Token[] => {
  const tokens: Token[] = [];
  const blank = /\s*/y;
  for (let at = 0; ; ) {
    blank.lastIndex = at;
    blank.exec(filter);
    at = blank.lastIndex;
    if (at >= filter.length) return tokens;
    const found = tokenAt(filter, at);
    if (found === undefined) throw invalid(`Invalid clause(s) in filter string: '${filter}'`);
    tokens.push(found.token);
    at = found.end;
  }
};

const tokenAt = (filter: string, at: number): { token: Token; end: number } | undefined => {
  for (const [pattern, build] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(filter);
    if (match !== null) return { token: build(match), end: pattern.lastIndex };
  }
  return undefined;
};
