import type { Readable } from 'node:stream';

export interface ScoringAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | Readable | string;
  /** What the container said, when it was not 200. */
  readonly modelStatus?: number;
}

const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'date',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const FOR_THE_ENDPOINT = new Set(['authorization', 'azureml-model-deployment', 'expect']);

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What of the caller's headers the container sees. */
export const headersForModel = (headers: Headers, requestId: string): Record<string, string | string[]> => {
  const kept = endToEnd(headers);
  for (const name of FOR_THE_ENDPOINT) delete kept[name];
  kept['x-request-id'] = requestId;
  return kept;
};

/** Headers without those that only concern one connection. */
export const endToEnd = (headers: Headers): Record<string, string | string[]> => {
  const kept: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
};

/** An answer of the platform's own. */
export const platformAnswer = (status: number, code: string, message: string): ScoringAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ error: { code, message } }),
});

/** 424: the container answered badly, or went away instead of answering. */
export const modelError = (reason: string, answer?: ScoringAnswer): ScoringAnswer => {
  const base = answer ?? platformAnswer(424, 'ModelError', reason);
  const headers: Record<string, string | string[]> = { ...base.headers, 'ms-azureml-model-error-reason': reason };
  if (!answer) return { ...base, headers };
  headers['ms-azureml-model-error-statuscode'] = String(answer.status);
  return { ...answer, status: 424, headers, modelStatus: answer.status };
};
