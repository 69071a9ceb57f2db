export const ENVIRONMENT_REFUSALS = [
  'credential-in-requirement',
  'mutable-vcs',
  'local-path',
  'editable',
  'conflict',
  'requirements-include',
  'unsupported-option',
  'requirement-invalid',
  'environment-unreadable',
  'no-environment',
  'python-version',
] as const;

export type EnvironmentRefusalCode = (typeof ENVIRONMENT_REFUSALS)[number];

/** Why what a model folder says about its environment cannot be built. The same files always end the same way. */
export interface EnvironmentRefusal {
  readonly kind: 'refused';
  readonly code: EnvironmentRefusalCode;
  /** The file it is about, and its line where there is one: `requirements.txt:3`. */
  readonly where: string;
  /** Reads `<where> <what>. <fix>`; never holds a credential. */
  readonly message: string;
}

/** Carries a refusal out of the middle of a file. */
export class EnvironmentRefused extends Error {
  override readonly name = 'EnvironmentRefused';
  readonly refusal: EnvironmentRefusal;

  constructor(code: EnvironmentRefusalCode, where: string, what: string, fix: string) {
    const message = `${where} ${what}. ${fix}`;
    super(message);
    this.refusal = { kind: 'refused', code, where, message };
  }
}

const MAX_QUOTED = 80;

/** A line as a message may show it: short, and without what could be a credential. */
export const quoted = (text: string): string => {
  const safe = text.replace(/\S+/g, withoutSecrets);
  const shown = [...safe].map((character) => (character < ' ' ? ' ' : character)).join('');
  return `'${shown.length > MAX_QUOTED ? `${shown.slice(0, MAX_QUOTED)}…` : shown}'`;
};

/** A word of a line without what stands before the host of a URL, and without the URL's query. */
const withoutSecrets = (word: string): string => {
  const [start, end] = [word.indexOf('://'), word.lastIndexOf('@')];
  const plain = start >= 0 && end >= start + 3 ? `${word.slice(0, start)}://…${word.slice(end)}` : word;
  const query = plain.indexOf('?');
  return query < 0 ? plain : `${plain.slice(0, query)}?…`;
};
