import { FloatLiteral } from './data.ts';
import { badRequest } from './scoring-error.ts';

/** Every string of a JSON text, or one of the three bare words that Python's parser takes and JSON has not. */
const STRING_OR_WORD = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** Stands for a bare word while JSON.parse runs; U+FFFF pairs are no characters, so no honest text holds them. */
const MARK = '\uffff\uffff';

const WORDS = new Map([
  [`${MARK}NaN`, Number.NaN],
  [`${MARK}Infinity`, Number.POSITIVE_INFINITY],
  [`${MARK}-Infinity`, Number.NEGATIVE_INFINITY],
]);

type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * The value of a JSON text in which NaN and Infinity may stand for numbers.
 *
 * With `exact`, whole numbers keep all their digits (as bigints above 2⁵³) and `1.0` is told from `1` (as a
 * FloatLiteral). It costs several times as much, so it is asked for only when the signature makes a difference of it.
 *
 * @throws ScoringError 400 for text that is not JSON
 */
export const parseJsonText = (text: string, { exact }: { readonly exact: boolean }): unknown => {
  const reviver: Reviver = (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? exactNumber(value, context.source) : value;
  try {
    return exact ? JSON.parse(text, reviver) : JSON.parse(text);
  } catch (cause) {
    if (!/NaN|Infinity/.test(text)) throw notJson(cause);
  }
  const marked = text.replace(STRING_OR_WORD, (token) => (token.startsWith('"') ? token : `"${MARK}${token}"`));
  try {
    return JSON.parse(marked, function (this: unknown, key, value, context?: { readonly source?: string }) {
      if (typeof value === 'string') return WORDS.get(value) ?? value;
      return exact ? reviver.call(this, key, value, context) : value;
    });
  } catch (cause) {
    throw notJson(cause);
  }
};

const exactNumber = (value: number, source: string): number | bigint | FloatLiteral => {
  if (!Number.isInteger(value)) return value;
  if (/[.eE]/.test(source)) return new FloatLiteral(value);
  return Number.isSafeInteger(value) ? value : BigInt(source);
};

const notJson = (cause: unknown): Error =>
  badRequest(`The request body is not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`);

interface RawJson {
  readonly rawJSON?: (text: string) => unknown;
}

/** The JSON text of an answer: NaN and infinities become null, bigints keep their digits. */
export const toJsonText = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? bigNumber(part) : part));

const bigNumber = (value: bigint): unknown => (JSON as RawJson).rawJSON?.(value.toString()) ?? Number(value);
