export interface Token {
  readonly kind: 'word' | 'text' | 'space' | 'other';
  readonly text: string;
}

const TOKEN =
  /(?<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<space>\s+|--[^\n]*)|(?<word>[@A-Za-z_$][\w$]*)|(?<other>\d[\w.]*|[^\s\w])/gy;

/** SQL text in pieces that joined give the text again. */
export const tokenize = (sql: string): readonly Token[] =>
  [...sql.matchAll(TOKEN)].map(({ 0: text, groups }): Token => {
    if (groups?.['text'] !== undefined) return { kind: 'text', text };
    if (groups?.['space'] !== undefined) return { kind: 'space', text };
    return { kind: groups?.['word'] === undefined ? 'other' : 'word', text };
  });

export const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'word' && token.text.toUpperCase() === word;

export const join = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join('');
