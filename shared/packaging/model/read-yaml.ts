import { isScalar, type ParsedNode, parseDocument, visit } from 'yaml';

/** Aliases may stand for at most this many nodes in all; what tools write has a few at most. */
const MAX_ALIAS_COUNT = 100;

/** Levels of brackets or indentation that are still read; keeps a hostile file from exhausting the stack. */
const MAX_NESTING = 200;

export type ReadYaml =
  | { readonly kind: 'yaml'; readonly value: unknown }
  | {
      readonly kind: 'unreadable';
      /** As the end of a sentence; may repeat a word of the text. */
      readonly why: string;
      /** Says less, and nothing of the text. */
      readonly code: string;
    };

/**
 * The value of one YAML document: plain data of a bounded size, never a ring, with no tag that constructs anything.
 * Versions and ids keep every digit as written. Never throws, whatever the text is.
 *
 * @param scalars - `text` leaves every scalar the text that stands there
 */
export const readYaml = (
  content: string,
  { scalars = 'typed' }: { readonly scalars?: 'typed' | 'text' } = {},
): ReadYaml => {
  if (nestsTooDeeply(content)) return unreadable(`it is nested more than ${MAX_NESTING} levels deep`);
  try {
    // The library's check for repeated keys compares each key with all before it: minutes for a hostile file.
    const options = { customTags: [], uniqueKeys: false };
    const document = parseDocument(content, { schema: scalars === 'text' ? 'failsafe' : 'core', ...options });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) return unreadable(problem.message.split('\n')[0] ?? problem.message, problem.code);
    visit(document, { Pair: (_, pair) => keepText(pair.key, pair.value as ParsedNode | null) });
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
    // Throws when an alias points at what contains it; nothing behind this line expects a ring.
    JSON.stringify(value);
    return { kind: 'yaml', value };
  } catch (cause) {
    return unreadable(cause instanceof Error ? cause.message : String(cause), 'it repeats or nests too much');
  }
};

/**
 * `3.10` without quotes is a number to YAML, and so is the id `12e45`, which Python's YAML 1.1 writes without quotes;
 * their digits count, so they are taken from the source.
 */
const keepText = (key: unknown, value: ParsedNode | null): void => {
  if (!isScalar(key) || typeof key.value !== 'string' || !/(version|_id|_uuid|^python)$/.test(key.value)) return;
  if (isScalar(value) && typeof value.value === 'number' && value.source !== undefined) {
    Object.assign(value, { value: value.source });
  }
};

/** Whether YAML or JSON nests more levels than any honest file. */
export const nestsTooDeeply = (content: string): boolean => {
  let depth = 0;
  for (const character of content.matchAll(/[[\]{}]/g)) {
    depth += character[0] === '[' || character[0] === '{' ? 1 : -1;
    if (depth > MAX_NESTING) return true;
  }
  return new RegExp(`^(?: {${MAX_NESTING}}|(?:- ){${MAX_NESTING}})`, 'm').test(content);
};

const unreadable = (why: string, code = why): ReadYaml => ({ kind: 'unreadable', why, code });
