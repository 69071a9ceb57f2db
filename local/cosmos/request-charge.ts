/** What an operation cost, in request units. */
export type RequestUnits = number;

const KILOBYTE = 1024;
const READ_BASE = 1;
/** A 100 KB point read is 10 RU, a 1 KB one is 1 RU; between them the price is linear. */
const READ_PER_EXTRA_KILOBYTE = 9 / 99;
const CREATE_BASE = 5.5;
const WRITE_PER_EXTRA_KILOBYTE = 1.2;
const REPLACE_FACTOR = 2;
const QUERY_BASE = 2.3;
const QUERY_PER_DOCUMENT = 0.03;
const QUERY_PER_RETURNED_KILOBYTE = 0.3;
const FAILED = 1.24;

const extraKilobytes = (bytes: number): number => Math.max(0, bytes / KILOBYTE - 1);

const rounded = (units: number): RequestUnits => Math.round(units * 100) / 100;

/** @see https://learn.microsoft.com/azure/cosmos-db/request-units for the rules of thumb that these follow */
export const readCharge = (bytes: number): RequestUnits =>
  rounded(READ_BASE + extraKilobytes(bytes) * READ_PER_EXTRA_KILOBYTE);

export const createCharge = (bytes: number): RequestUnits =>
  rounded(CREATE_BASE + extraKilobytes(bytes) * WRITE_PER_EXTRA_KILOBYTE);

export const replaceCharge = (bytes: number): RequestUnits => rounded(createCharge(bytes) * REPLACE_FACTOR);

export const deleteCharge = (bytes: number): RequestUnits => createCharge(bytes);

export const queryCharge = (scanned: number, returnedBytes: number): RequestUnits =>
  rounded(QUERY_BASE + scanned * QUERY_PER_DOCUMENT + (returnedBytes / KILOBYTE) * QUERY_PER_RETURNED_KILOBYTE);

export const failedCharge: RequestUnits = FAILED;
