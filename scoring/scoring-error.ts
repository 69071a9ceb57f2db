/** A failure with the status and body that the caller gets. */
export class ScoringError extends Error {
  override readonly name = 'ScoringError';
  readonly status: number;
  readonly errorCode: string;

  constructor(status: number, errorCode: string, message: string) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }
}

/** The body cannot be read or converted: MLflow's code for everything before the signature is enforced. */
export const badRequest = (message: string): ScoringError => new ScoringError(400, 'BAD_REQUEST', message);

/** The data does not fit the signature. MLflow's clients look for these words at the beginning. */
export const schemaViolation = (message: string): ScoringError =>
  new ScoringError(400, 'INVALID_PARAMETER_VALUE', `Failed to enforce schema of the input data. Error: ${message}`);

export const invalidParameter = (message: string): ScoringError =>
  new ScoringError(400, 'INVALID_PARAMETER_VALUE', message);
