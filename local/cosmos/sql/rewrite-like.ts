import { isWord, type Token } from './tokens.ts';

const significantIndex = (tokens: readonly Token[], from: number, step: 1 | -1): number => {
  let index = from;
  while (tokens[index]?.kind === 'space') index += step;
  return index;
};

/** Where the operand that ends at `end` begins: a path such as `c.a["b"]`, or a call such as `LOWER(c.a)`. */
const operandStart = (tokens: readonly Token[], end: number): number => {
  let index = end;
  let depth = 0;
  for (; index >= 0; index -= 1) {
    const token = tokens[index];
    if (token === undefined) break;
    if (token.text === ')' || token.text === ']') depth += 1;
    if (token.text === '(' || token.text === '[') depth -= 1;
    if (depth < 0) break;
    if (depth === 0 && (token.kind === 'space' || /^[=<>!,+*/%|&^?:-]$/.test(token.text))) break;
  }
  return index + 1;
};

/** `a LIKE b` as the call `LIKE(a, b)`, which the parser understands; `a NOT LIKE b` as its negation. */
export const rewriteLike = (tokens: readonly Token[]): readonly Token[] => {
  const at = tokens.findIndex((token, index) => isWord(token, 'LIKE') && tokens[index - 1]?.text !== '.');
  if (at === -1) return tokens;
  const beforeIndex = significantIndex(tokens, at - 1, -1);
  const isNegated = isWord(tokens[beforeIndex], 'NOT');
  const end = isNegated ? significantIndex(tokens, beforeIndex - 1, -1) : beforeIndex;
  const start = operandStart(tokens, end);
  const pattern = significantIndex(tokens, at + 1, 1);
  const call: Token[] = [
    { kind: 'other', text: isNegated ? '(NOT __LIKE(' : '(__LIKE(' },
    ...tokens.slice(start, end + 1),
    { kind: 'other', text: ',' },
    ...tokens.slice(pattern, pattern + 1),
    { kind: 'other', text: '))' },
  ];
  return rewriteLike([...tokens.slice(0, start), ...call, ...tokens.slice(pattern + 1)]);
};
