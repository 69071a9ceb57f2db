/** A refusal in the service's own terms: HTTP status, its error code, and a message. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The error body of Event Grid's data plane, and of ARM. */
export const errorBody = ({ code, message }: Pick<ServiceError, 'code' | 'message'>): object => ({
  error: { code, message, details: [{ code, message }] },
});
