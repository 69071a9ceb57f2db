/** The `code` the service puts into an error body, by HTTP status. */
const CODES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  424: 'FailedDependency',
  429: 'TooManyRequests',
  449: 'RetryWith',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
};

export const codeOf = (status: number): string => CODES[status] ?? 'Unknown';

/** A refusal as the service words it: thrown anywhere below a route, answered by the server. */
export class CosmosError extends Error {
  override readonly name = 'CosmosError';
  readonly status: number;
  readonly substatus: number | undefined;

  constructor(status: number, message: string, substatus?: number) {
    super(message);
    this.status = status;
    this.substatus = substatus;
  }
}

export const badRequest = (message: string, substatus?: number): CosmosError =>
  new CosmosError(400, message, substatus);

export const notFound = (): CosmosError =>
  new CosmosError(404, 'Entity with the specified id does not exist in the system.');

const OWNER_MISSING = 1003;

/** The container that an item operation names is not there: told apart from a missing item by its substatus. */
export const ownerNotFound = (): CosmosError => new CosmosError(404, 'Owner resource does not exist', OWNER_MISSING);

export const conflict = (): CosmosError =>
  new CosmosError(409, 'Entity with the specified id already exists in the system.');

export const uniqueConflict = (): CosmosError =>
  new CosmosError(409, 'Unique index constraint violation. A document with the same unique key already exists.');

export const preconditionFailed = (): CosmosError =>
  new CosmosError(412, 'One of the specified pre-condition is not met.');

export const tooLarge = (): CosmosError => new CosmosError(413, 'Request size is too large.');
