import parser from '@zeit/cosmosdb-query/lib/parser.js';
import { badRequest } from '../cosmos-error.ts';
import type { Expression, SelectQuery } from './ast.ts';
import { rewriteLike } from './rewrite-like.ts';
import { isWord, join, type Token, tokenize } from './tokens.ts';

/** A query with the clauses that the parser itself does not know taken out of its text. */
export interface ParsedQuery {
  readonly select: SelectQuery;
  readonly isDistinct: boolean;
  readonly groupBy: readonly Expression[];
  readonly offset?: Expression;
  readonly limit?: Expression;
}

const MAX_CACHED = 500;
const cache = new Map<string, ParsedQuery>();

const syntaxError = (message: string): Error =>
  badRequest(`Message: {"errors":[{"severity":"Error","code":"SC1001","message":"Syntax error: ${message}"}]}`);

const parseSelect = (sql: string): SelectQuery => {
  try {
    return (parser.parse(sql.trim()) as { body: SelectQuery }).body;
  } catch (error) {
    throw syntaxError(error instanceof Error ? error.message : String(error));
  }
};

const parseExpressions = (tokens: readonly Token[]): readonly Expression[] => {
  const { value } = parseSelect(`SELECT VALUE [${join(tokens)}]`).select;
  return value !== undefined && 'elements' in value ? value.elements : [];
};

const parseOne = (tokens: readonly Token[]): Expression => {
  const [expression] = parseExpressions(tokens);
  if (expression === undefined) throw syntaxError('an expression is missing');
  return expression;
};

const depths = (tokens: readonly Token[]): readonly number[] => {
  let depth = 0;
  return tokens.map(({ kind, text }) => {
    if (kind === 'other' && '([{'.includes(text)) depth += 1;
    if (kind === 'other' && ')]}'.includes(text)) depth -= 1;
    return depth;
  });
};

/** Splits before the last `word` outside of brackets; a property may have the same name, so never after a dot. */
const splitAt = (
  tokens: readonly Token[],
  isStart: (token: Token, next: Token | undefined) => boolean,
): readonly [readonly Token[], readonly Token[] | undefined] => {
  const depth = depths(tokens);
  const at = tokens.findLastIndex((token, index) => {
    const next = tokens.slice(index + 1).find(({ kind }) => kind !== 'space');
    return depth[index] === 0 && tokens[index - 1]?.text !== '.' && isStart(token, next);
  });
  return at === -1 ? [tokens, undefined] : [tokens.slice(0, at), tokens.slice(at)];
};

const afterWords = (tokens: readonly Token[], count: number): readonly Token[] => {
  let left = count;
  return tokens.filter((token) => {
    if (left > 0 && token.kind === 'word') {
      left -= 1;
      return false;
    }
    return left === 0;
  });
};

const takeOffsetLimit = (
  tokens: readonly Token[],
): readonly [readonly Token[], Pick<ParsedQuery, 'offset' | 'limit'>] => {
  const [before, clause] = splitAt(tokens, (token, next) => isWord(token, 'OFFSET') && /^[@\d]/.test(next?.text ?? ''));
  if (clause === undefined) return [tokens, {}];
  const [offset, limit] = splitAt(clause, (token) => isWord(token, 'LIMIT'));
  if (limit === undefined) throw syntaxError('OFFSET needs a LIMIT');
  return [before, { offset: parseOne(afterWords(offset, 1)), limit: parseOne(afterWords(limit, 1)) }];
};

const takeGroupBy = (tokens: readonly Token[]): readonly [readonly Token[], readonly Expression[]] => {
  const [before, clause] = splitAt(tokens, (token, next) => isWord(token, 'GROUP') && isWord(next, 'BY'));
  if (clause === undefined) return [tokens, []];
  const [groups, orderBy] = splitAt(clause, (token, next) => isWord(token, 'ORDER') && isWord(next, 'BY'));
  if (orderBy !== undefined) throw badRequest("'ORDER BY' is not supported in presence of 'GROUP BY'.");
  return [before, parseExpressions(afterWords(groups, 2))];
};

const takeDistinct = (tokens: readonly Token[]): readonly [readonly Token[], boolean] => {
  const words = tokens.filter(({ kind }) => kind !== 'space').slice(0, 2);
  if (!isWord(words[0], 'SELECT') || !isWord(words[1], 'DISTINCT')) return [tokens, false];
  return [tokens.filter((token) => token !== words[1]), true];
};

const parse = (sql: string): ParsedQuery => {
  const [withoutPage, page] = takeOffsetLimit(rewriteLike(tokenize(sql)));
  const [withoutGroups, groupBy] = takeGroupBy(withoutPage);
  const [plain, isDistinct] = takeDistinct(withoutGroups);
  return { select: parseSelect(join(plain)), isDistinct, groupBy, ...page };
};

/** @throws CosmosError 400 with the service's SC1001 for what is no query */
export const parseQuery = (sql: string): ParsedQuery => {
  const known = cache.get(sql);
  if (known !== undefined) return known;
  const parsed = parse(sql);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(sql, parsed);
  return parsed;
};
