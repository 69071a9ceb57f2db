import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import { type ErrorCode, SlipwayError } from '../../platform/errors.ts';
import type { Egress } from '../../platform/http/egress.ts';
import type { SecretBox } from '../../platform/secrets.ts';
import { credentialSchema, type OriginServer, originVersion } from './origin-server.ts';

export interface OriginClientServices {
  readonly egress: Egress;
  readonly secrets: SecretBox;
}

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

const errorBody = z.object({ error_code: z.string() });

const versionAnswer = z.object({
  model_version: z.object({
    source: z.string().default(''),
    run_id: z.string().default(''),
    description: z.string().default(''),
    current_stage: z.string().default('None'),
    tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
  }),
});
const aliasAnswer = z.object({ model_version: z.object({ version: originVersion }) });
const runAnswer = z.object({ run: z.object({ info: z.object({ artifact_uri: z.string().min(1) }) }) });
const uriAnswer = z.object({ artifact_uri: z.string().min(1) });

export type OriginVersion = z.output<typeof versionAnswer>['model_version'];

/** The API of one origin server. */
export interface OriginClient {
  /** The version as it is there now, or undefined when there is none. */
  version(name: string, version: string): Promise<OriginVersion | undefined>;
  /** Number of the version that the alias points to there, or undefined when it points to none. */
  aliasTarget(name: string, alias: string): Promise<string | undefined>;
  /** Where the files of a version are, in its own words. */
  downloadUri(name: string, version: string): Promise<string | undefined>;
  /** Where the artifacts of a run are, in its own words. */
  runArtifacts(runId: string): Promise<string | undefined>;
  /** The JSON of any call, or undefined when what it asks for is not there. */
  getJson<T>(path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>): Promise<T | undefined>;
  /** Headers that open the API. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Every method throws SlipwayError TEMPORARILY_UNAVAILABLE or REQUEST_LIMIT_EXCEEDED when another time may go better;
 * PERMISSION_DENIED when the server does not accept the credential; INVALID_STATE when it is no registry.
 */
export const createOriginClient = ({ egress, secrets }: OriginClientServices, origin: OriginServer): OriginClient => {
  const headers = authorization(secrets, origin);
  const getJson: OriginClient['getJson'] = async (path, query, schema) => {
    const url = `${origin.url}/api/2.0/${path}?${new URLSearchParams(query)}`;
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES };
    const { status, body } = await egress.get(url, { headers: { ...headers, accept: 'application/json' }, ...limits });
    const json = jsonOf(await buffer(body));
    if (status === 200) return parsed(origin, schema, json);
    if (isAbsent(json)) return undefined;
    throw refused(origin, status);
  };
  const registry: OriginClient['getJson'] = (path, query, schema) => getJson(`mlflow/${path}`, query, schema);
  return {
    headers,
    getJson,
    version: async (name, version) =>
      (await registry('model-versions/get', { name, version }, versionAnswer))?.model_version,
    aliasTarget: async (name, alias) =>
      (await registry('registered-models/alias', { name, alias }, aliasAnswer))?.model_version.version,
    downloadUri: async (name, version) =>
      (await registry('model-versions/get-download-uri', { name, version }, uriAnswer))?.artifact_uri,
    runArtifacts: async (runId) => (await registry('runs/get', { run_id: runId }, runAnswer))?.run.info.artifact_uri,
  };
};

const authorization = (secrets: SecretBox, { sealedCredential }: OriginServer): Readonly<Record<string, string>> => {
  if (sealedCredential === undefined) return {};
  const credential = credentialSchema.parse(JSON.parse(secrets.open(sealedCredential)));
  if ('token' in credential) return { authorization: `Bearer ${credential.token}` };
  const basic = Buffer.from(`${credential.user}:${credential.password}`).toString('base64');
  return { authorization: `Basic ${basic}` };
};

const jsonOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
};

const parsed = <T>(origin: OriginServer, schema: z.ZodType<T>, json: unknown): T => {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new SlipwayError('INVALID_STATE', `the origin server '${origin.name}' answers what no registry of MLflow does`);
};

/** An alias that is not there is an invalid parameter to MLflow. */
const ABSENT = ['RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE'];

const isAbsent = (json: unknown): boolean => {
  const error = errorBody.safeParse(json);
  return error.success && ABSENT.includes(error.data.error_code);
};

/** What it means that an origin server answers with a status that is no success. */
export const refused = ({ name, url }: OriginServer, status: number): SlipwayError => {
  const [code, why] = meaningOf(status);
  return new SlipwayError(code, `the origin server '${name}' (${new URL(url).host}) answered ${status}: ${why}`, {
    details: { origin: name, status },
  });
};

const meaningOf = (status: number): readonly [ErrorCode, string] => {
  if (status === 401 || status === 403) return ['PERMISSION_DENIED', 'give it a credential that may read'];
  if (status === 429) return ['REQUEST_LIMIT_EXCEEDED', 'it wants fewer requests'];
  if (status >= 500) return ['TEMPORARILY_UNAVAILABLE', 'it has a problem of its own'];
  return ['INVALID_STATE', 'there is no MLflow API at its url'];
};
