export const REFUSAL_CODES = [
  'mlmodel-missing',
  'mlmodel-too-large',
  'mlmodel-unreadable',
  'mlmodel-invalid',
  'signature-invalid',
  'flavor-not-servable',
  'script-incomplete',
  'environment-too-large',
  'file-missing',
  'path-not-allowed',
  'too-many-files',
  'model-too-large',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why a model version cannot be packaged. Another attempt with the same files ends the same way. */
export interface Refusal {
  readonly code: RefusalCode;
  /** The file it is about, relative to the model folder. */
  readonly where: string;
  /** One sentence for the person who logged the model: what, where and how to put it right. */
  readonly message: string;
}

/** A refusal whose message reads `<where> <what>. <fix>`. */
export const refusal = (code: RefusalCode, where: string, what: string, fix: string): Refusal => ({
  code,
  where,
  message: `${where} ${what}. ${fix}`,
});
