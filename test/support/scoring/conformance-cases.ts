/** What a server answered, as far as servers must agree. */
export interface Outcome {
  readonly status: number;
  /** Of an answer with status 200: its JSON, or its text when it is none. */
  readonly body?: unknown;
  readonly error_code?: string;
}

export interface ConformanceCase {
  readonly name: string;
  /** Default: POST. */
  readonly method?: string;
  readonly path: '/invocations' | '/score' | '/ping' | '/health' | '/version' | '/' | '/nowhere';
  /** Default: `application/json`; null sends none. */
  readonly contentType?: string | null;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly expected: Outcome;
  /** What MLflow's own server answers where it differs, and why ours does not. */
  readonly mlflow?: Outcome & { readonly reason: string };
}

/** The model of these cases adds a and b; a of 100 or more makes it fail. */
const sum = (...sums: (number | null)[]): unknown => sums.map((value) => ({ sum: value }));

const refused = (error_code = 'BAD_REQUEST', status = 400): Outcome => ({ status, error_code });
const violation = refused('INVALID_PARAMETER_VALUE');
const noText: Outcome = { status: 415 };

const split = (...data: unknown[][]): string => JSON.stringify({ dataframe_split: { columns: ['a', 'b'], data } });

interface Form {
  readonly name: string;
  readonly contentType?: string | null;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** What /invocations answers; of 200 the predictions. /score answers the same, bare. */
  readonly expected: Outcome;
  readonly onScore?: Outcome;
  readonly mlflow?: Outcome & { readonly reason: string };
}

const AZURE_ONLY = { status: 400, error_code: 'BAD_REQUEST', reason: "the key 'input_data' is Azure ML's" } as const;
const STRICT_JSON = 'a bare NaN is no JSON; ours writes null';

const FORMS: readonly Form[] = [
  { name: 'dataframe_split', body: split([1, 2], [3, 4.5]), expected: { status: 200, body: sum(3, 7.5) } },
  {
    name: 'dataframe_split with an index',
    body: '{"dataframe_split":{"columns":["b","a"],"index":[7],"data":[[2,1]]}}',
    expected: { status: 200, body: sum(3) },
  },
  { name: 'dataframe_records', body: '{"dataframe_records":[{"a":1,"b":2}]}', expected: { status: 200, body: sum(3) } },
  { name: 'instances', body: '{"instances":[{"a":1,"b":2}]}', expected: { status: 200, body: sum(3) } },
  { name: 'inputs', body: '{"inputs":{"a":[1],"b":[2]}}', expected: { status: 200, body: sum(3) } },
  { name: 'inputs of a bare list', body: '{"inputs":[[1,2]]}', expected: violation },
  {
    name: 'input_data with all three parts',
    body: '{"input_data":{"columns":["a","b"],"index":[0],"data":[[1,2]]}}',
    expected: { status: 200, body: sum(3) },
    mlflow: AZURE_ONLY,
  },
  {
    name: 'input_data without an index',
    body: '{"input_data":{"columns":["a","b"],"data":[[1,2]]}}',
    expected: { status: 200, body: sum(3) },
    mlflow: AZURE_ONLY,
  },
  {
    name: 'input_data of named columns',
    body: '{"input_data":{"a":[1],"b":[2]}}',
    expected: { status: 200, body: sum(3) },
    mlflow: AZURE_ONLY,
  },
  {
    name: 'params that the signature does not know',
    body: '{"inputs":{"a":[1],"b":[2]},"params":{"x":1}}',
    expected: { status: 200, body: sum(3) },
  },
  { name: 'CSV', contentType: 'text/csv', body: 'a,b\n1,2\n3,4.5\n', expected: { status: 200, body: sum(3, 7.5) } },
  {
    name: 'CSV in another order with an extra column, quotes and a byte order mark',
    contentType: 'text/csv; charset=utf-8',
    body: '\ufeff"b","a","extra"\r\n"1",2,"x,""y"\r\n',
    expected: { status: 200, body: sum(3) },
  },
  {
    name: 'CSV with an empty cell',
    contentType: 'text/csv',
    body: 'a,b\n1,\n',
    expected: { status: 200, body: sum(null) },
    mlflow: { status: 200, body: '{"predictions": [{"sum": NaN}]}', reason: STRICT_JSON },
  },
  { name: 'CSV with a word', contentType: 'text/csv', body: 'a,b\n1,x\n', expected: refused() },
  { name: 'CSV of nothing', contentType: 'text/csv', body: '', expected: refused() },
  { name: 'CSV with too many fields', contentType: 'text/csv', body: 'a,b\n1,2\n1,2,3\n', expected: refused() },
  {
    name: 'NaN in the request',
    body: '{"inputs":{"a":[1],"b":[NaN]}}',
    expected: { status: 200, body: sum(null) },
    mlflow: { status: 200, body: '{"predictions": [{"sum": NaN}]}', reason: STRICT_JSON },
  },
  {
    name: 'null in the request',
    body: split([1, null]),
    expected: { status: 200, body: sum(null) },
    mlflow: { status: 200, body: '{"predictions": [{"sum": NaN}]}', reason: STRICT_JSON },
  },
  { name: 'numeric text', body: split(['1', 2]), expected: { status: 200, body: sum(3) } },
  { name: 'an extra column', body: '{"inputs":{"a":[1],"b":[2],"c":[3]}}', expected: { status: 200, body: sum(3) } },
  { name: 'a missing column', body: '{"inputs":{"a":[1]}}', expected: violation },
  { name: 'a word for a number', body: split([1, 'x']), expected: refused() },
  {
    name: 'a table that does not fit its columns',
    body: '{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}',
    expected: refused(),
  },
  {
    name: 'a table with an unknown part',
    body: '{"dataframe_split":{"columns":["a"],"data":[[1]],"rows":1}}',
    expected: refused(),
  },
  { name: 'records that are no list', body: '{"dataframe_records":{"a":1}}', expected: refused() },
  { name: 'no key', body: '{}', expected: refused() },
  { name: 'two keys', body: '{"inputs":[1],"instances":[1]}', expected: refused() },
  { name: 'an unknown key only', body: '{"rows":[[1,2]]}', expected: refused() },
  { name: 'a list', body: '[1]', expected: refused() },
  { name: 'a number', body: '1', expected: refused() },
  { name: 'no JSON', body: '{', expected: refused() },
  { name: 'nothing at all', body: '', expected: refused() },
  {
    name: 'text that is not UTF-8',
    body: Uint8Array.from([0x7b, 0xff, 0x7d]),
    expected: refused(),
  },
  {
    name: 'the key of a language model',
    body: '{"messages":[]}',
    expected: refused(),
    mlflow: { ...violation, reason: 'the keys of language models have no meaning here' },
  },
  {
    name: 'an index of another length',
    body: '{"dataframe_split":{"columns":["a","b"],"index":[0,1],"data":[[1,2]]}}',
    expected: refused(),
    mlflow: { status: 200, body: { predictions: sum(3, 3) }, reason: 'pandas repeats the row; that is hardly meant' },
  },
  {
    name: 'data that makes the model fail',
    body: split([100, 0]),
    expected: refused(),
    onScore: refused('INTERNAL_ERROR', 500),
  },
  { name: 'another charset', contentType: 'application/json; charset=latin-1', body: split([1, 2]), expected: noText },
  { name: 'another parameter', contentType: 'application/json; odd=1', body: split([1, 2]), expected: noText },
  { name: 'another type', contentType: 'text/plain', body: split([1, 2]), expected: noText },
  {
    name: 'no content type',
    contentType: null,
    body: split([1, 2]),
    expected: noText,
    mlflow: { status: 500, reason: 'MLflow does not expect it and breaks' },
  },
  {
    name: 'a content type in capitals',
    contentType: 'Application/JSON; charset=UTF-8',
    body: split([1, 2]),
    expected: { status: 200, body: sum(3) },
    mlflow: { status: 415, reason: 'media types have no case (RFC 9110)' },
  },
  {
    name: 'Parquet',
    contentType: 'application/vnd.apache.parquet',
    body: 'PAR1',
    expected: noText,
    mlflow: { ...refused(), reason: 'Parquet is not taken' },
  },
  {
    name: 'a body above the limit',
    body: `{"inputs":"${'x'.repeat(100_001)}"}`,
    expected: refused('PAYLOAD_TOO_LARGE', 413),
    mlflow: { ...refused(), reason: 'MLflow has no limit' },
  },
  {
    name: 'lists nested beyond measure',
    body: `{"inputs":{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}}`,
    expected: refused(),
    mlflow: { status: 500, reason: 'MLflow breaks' },
  },
];

const wrapped = ({ status, body, ...rest }: Outcome): Outcome =>
  status === 200 ? { status, body: { predictions: body } } : { status, ...rest };

const formCases: readonly ConformanceCase[] = FORMS.flatMap(({ expected, onScore, mlflow, ...form }) => [
  { ...form, path: '/invocations' as const, expected: wrapped(expected), ...(mlflow ? { mlflow } : {}) },
  { ...form, path: '/score' as const, expected: onScore ?? expected },
]);

const plain = (path: ConformanceCase['path'], body: unknown): ConformanceCase => ({
  name: 'a probe',
  method: 'GET',
  path,
  expected: { status: 200, body },
});

const notAllowed = (
  method: string,
  path: ConformanceCase['path'],
  mlflow?: ConformanceCase['mlflow'],
): ConformanceCase => ({
  name: 'another method',
  method,
  path,
  expected: refused('METHOD_NOT_ALLOWED', 405),
  mlflow: mlflow ?? { status: 405, reason: 'the same status with the body of its web framework' },
});

/** Requests and what every server must answer. `/score` and `/` are Azure ML's, so MLflow's server is not asked. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...formCases,
  plain('/ping', '\n'),
  plain('/health', '\n'),
  plain('/version', '3.17.2'),
  plain('/', 'Healthy'),
  notAllowed('GET', '/invocations'),
  notAllowed('DELETE', '/invocations'),
  notAllowed('PUT', '/score'),
  notAllowed('POST', '/ping'),
  {
    name: 'an unknown route',
    method: 'GET',
    path: '/nowhere',
    expected: refused('ENDPOINT_NOT_FOUND', 404),
    mlflow: { status: 404, reason: 'the same status with the body of its web framework' },
  },
];
