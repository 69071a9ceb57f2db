import { randomUUID } from 'node:crypto';

export interface ArmErrorDetail {
  readonly code: string;
  readonly message: string;
}

/** An error that Azure Resource Manager answers with. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  readonly status: number;
  readonly code: string;
  readonly details: readonly ArmErrorDetail[];

  constructor(status: number, code: string, message: string, details: readonly ArmErrorDetail[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** A refused wish as the service words it: the outer code says whose fault, the first detail says which. */
export const userError = (detailCode: string, message: string): ArmError =>
  new ArmError(400, 'UserError', message, [{ code: detailCode, message }]);

export const notFound = (what: string): ArmError => new ArmError(404, 'ResourceNotFound', `${what} was not found.`);

/** 409 of a resource on which another operation runs. */
export const stillUpdating = (what: string, state: string): ArmError =>
  new ArmError(409, 'Conflict', `${what} because it is in ${state} provisioning state.`, [
    { code: 'ResourceOperationInProgress', message: `Another operation is in progress: ${state}` },
  ]);

export interface ArmErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: readonly ArmErrorDetail[];
    readonly additionalInfo: readonly { readonly type: string; readonly info: { readonly value: unknown } }[];
  };
}

/** The JSON body of an error, with the component and correlation entries that the real service adds. */
export const armErrorBody = (error: Pick<ArmError, 'code' | 'message' | 'details'>): ArmErrorBody => ({
  error: {
    code: error.code,
    message: error.message,
    details: error.details,
    additionalInfo: [
      { type: 'ComponentName', info: { value: 'managementfrontend' } },
      { type: 'Correlation', info: { value: { operation: hex(), request: hex().slice(0, 16) } } },
    ],
  },
});

const hex = (): string => randomUUID().replaceAll('-', '');
