import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createSlipwayClient, type RolloutView, type SlipwayClient } from '../../local/demo/slipway-client.ts';
import { WORKSPACE_ID } from '../../local/stack/app-settings.ts';
import type { Reply } from './http-call.ts';
import { startTestStack, type TestStack, type TestStackOptions } from './stack.ts';
import { until } from './until.ts';

const EXAMPLES = new URL('../../examples/diabetes/models/', import.meta.url);

/** A rollout in a few seconds: half the traffic for two, then all of it. */
export const quickPolicy = (endpoint: string, model: string) => ({
  selector: { endpoint, model },
  steps: [
    { kind: 'smoke', repeat: 2 },
    { kind: 'traffic', weight: 50, bake: 'PT2S' },
    { kind: 'traffic', weight: 100 },
  ],
  gates: [],
  allowUngated: true,
  analysis: { interval: 'PT1S', ingestionDelay: 'PT1S' },
  rollback: { keepCanary: 'PT1S', verifyTimeout: 'PT10S' },
  hold: { duration: 'PT1S' },
  deadline: { after: 'PT1H', then: 'rollback' },
});

/** Talks to a stack as its users do, and waits for what should come of it. */
export interface Story {
  readonly stack: TestStack;
  readonly client: SlipwayClient;
  /** Registers one of the example folders as the next version. */
  register(model: string, example: string): Promise<string>;
  /** The rollout of a version once it is in one of these phases. */
  rollout(model: string, version: string, phases: readonly string[], withinMs?: number): Promise<RolloutView>;
  champion(model: string): Promise<string>;
  arm(method: string, path: string, body?: unknown): Promise<Reply>;
  /** One prediction through the endpoint, as a client with its key asks for it. */
  predict(endpoint: string): Promise<Reply>;
}

const SAMPLE = {
  columns: ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'],
  index: [0],
  data: [[0.038, 0.051, 0.062, 0.022, -0.044, -0.035, -0.043, -0.003, 0.02, -0.018]],
};

export const tellStory = (stack: TestStack): Story => {
  const client = createSlipwayClient(stack.apiUrl);
  const uploads = `0/e2e-${process.pid}`;
  let uploaded = 0;
  const arm: Story['arm'] = async (method, path, body) => {
    const { armToken = '' } = await stack.credentials();
    return stack.callAzure(method, `${WORKSPACE_ID}${path}?api-version=2024-04-01`, {
      headers: { authorization: `Bearer ${armToken}` },
      ...(body === undefined ? {} : { body }),
    });
  };
  return {
    stack,
    client,
    arm,
    register(model, example) {
      uploaded += 1;
      return client.registerModel(model, new URL(`${example}/`, EXAMPLES), `${uploads}/${model}/${uploaded}/artifacts`);
    },
    rollout: (model, version, phases, withinMs = 90_000) =>
      until(
        `the rollout of version ${version} of ${model} to be ${phases.join(' or ')}`,
        async () => {
          const found = (await client.rollouts(model)).find((rollout) => rollout.version === version);
          return found !== undefined && phases.includes(found.phase) && found;
        },
        { withinMs, everyMs: 150 },
      ),
    async champion(model) {
      const { json } = await stack.call('GET', `/api/2.0/mlflow/registered-models/alias?name=${model}&alias=champion`);
      return json.model_version.version;
    },
    async predict(endpoint) {
      const { scoringUri, key } = await scoringOf(arm, endpoint);
      const { pathname } = new URL(scoringUri);
      return stack.callAzure('POST', pathname, {
        headers: { authorization: `Bearer ${key}` },
        body: { input_data: SAMPLE },
      });
    },
  };
};

/** Where an endpoint is asked, and with which key. */
export const scoringOf = async (
  arm: Story['arm'],
  endpoint: string,
): Promise<{ readonly scoringUri: string; readonly key: string }> => {
  const [{ json: found }, { json: keys }] = await Promise.all([
    arm('GET', `/onlineEndpoints/${endpoint}`),
    arm('POST', `/onlineEndpoints/${endpoint}/listKeys`),
  ]);
  return { scoringUri: found.properties.scoringUri, key: keys.primaryKey };
};

/** One stack for a whole test file, its logs shown when a test fails. */
export const withStack = (options: TestStackOptions = {}): { readonly story: Story } => {
  let story: Story | undefined;
  beforeAll(async () => {
    story = tellStory(await startTestStack(options));
  });
  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => console.error(await story?.stack.tails()));
  });
  afterAll(async () => {
    await story?.stack.remove();
  });
  return {
    get story() {
      if (story === undefined) throw new Error('the stack is not up yet');
      return story;
    },
  };
};
