import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { InvocationAnswer } from '../../rollout/ports.ts';
import { fromTransportError } from '../arm-errors.ts';

export interface ScoringAccess {
  readonly scoringUri: string;
  readonly key: string;
}

export interface ScoringRequest {
  readonly deployment?: string;
  readonly body: string;
  readonly timeoutMs: number;
}

export interface ScoringClient {
  /** @throws SlipwayError TEMPORARILY_UNAVAILABLE when no answer came within the time-out */
  invoke(endpoint: string, request: ScoringRequest): Promise<InvocationAnswer>;
}

/**
 * A client of scoring URIs. Keys are asked for once per endpoint, and again after a 401. Nothing is retried: the
 * first answer is what a rollout wants to know.
 */
export const createScoringClient = (access: (endpoint: string) => Promise<ScoringAccess>): ScoringClient => {
  const http = createDefaultHttpClient();
  const known = new Map<string, Promise<ScoringAccess>>();
  const accessOf = (endpoint: string): Promise<ScoringAccess> => {
    const asked = known.get(endpoint) ?? access(endpoint);
    known.set(endpoint, asked);
    asked.catch(() => known.delete(endpoint));
    return asked;
  };
  const post = async (endpoint: string, request: ScoringRequest): Promise<InvocationAnswer> => {
    const { scoringUri, key } = await accessOf(endpoint);
    const startedAt = performance.now();
    const headers = createHttpHeaders({ 'content-type': 'application/json', authorization: `Bearer ${key}` });
    if (request.deployment !== undefined) headers.set('azureml-model-deployment', request.deployment);
    const allowInsecureConnection = scoringUri.startsWith('http:');
    const { body, timeoutMs } = request;
    const response = await http
      .sendRequest(
        createPipelineRequest({
          url: scoringUri,
          method: 'POST',
          headers,
          body,
          allowInsecureConnection,
          timeout: timeoutMs,
        }),
      )
      .catch((error: unknown) => {
        throw fromTransportError(error, `POST ${scoringUri}`);
      });
    return answerOf(response, performance.now() - startedAt);
  };
  return {
    async invoke(endpoint, request) {
      const answer = await post(endpoint, request);
      if (answer.status !== 401) return answer;
      known.delete(endpoint);
      return post(endpoint, request);
    },
  };
};

const answerOf = (response: PipelineResponse, latencyMs: number): InvocationAnswer => {
  const modelStatus = Number(response.headers.get('ms-azureml-model-error-statuscode') ?? Number.NaN);
  return {
    status: response.status,
    ...(Number.isInteger(modelStatus) && { modelStatus }),
    latencyMs,
    body: response.bodyAsText ?? '',
  };
};
