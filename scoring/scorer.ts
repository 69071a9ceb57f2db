import type { BodyKind } from './content-type.ts';
import { toJsonText } from './json-text.ts';
import type { ScoringModel } from './onnx-model.ts';
import { readCsvInput } from './read-csv.ts';
import { readJsonInput } from './read-input.ts';
import { badRequest } from './scoring-error.ts';

/** A request's body, not yet read. */
export interface ScoringBody {
  readonly kind: BodyKind;
  readonly bytes: Uint8Array;
}

/** Answers requests of one model. */
export interface Scorer {
  /** The MLflow that wrote the model. */
  readonly mlflowVersion: string | undefined;
  /**
   * The predictions as JSON text.
   *
   * @throws ScoringError 400 for what the model must not see
   * @throws ModelError when the model fails
   */
  score(body: ScoringBody): Promise<string>;
}

/** Answers in this very thread. */
export const scorerOf = (model: ScoringModel): Scorer => ({
  mlflowVersion: model.mlflowVersion,
  score: async ({ kind, bytes }) => {
    const text = decodeUtf8(bytes);
    const { input } = kind === 'json' ? readJsonInput(text, model.signature) : readCsvInput(text, model.signature);
    return toJsonText(await model.predict(input));
  },
});

const utf8 = new TextDecoder('utf-8', { fatal: true });

const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badRequest('The request body is not valid UTF-8');
  }
};
