import { readFile } from 'node:fs/promises';
import { WORKSPACE_ID } from '../stack/app-settings.ts';
import type { Stack } from '../stack/start-stack.ts';
import { createSlipwayClient, type RolloutView, type SlipwayClient, waitFor } from './slipway-client.ts';
import type { Timeline } from './timeline.ts';

export const MODEL = 'diabetes';
export const ENDPOINT = 'diabetes';

/** What every act of the story has at hand. */
export interface Stage {
  readonly stack: Stack;
  readonly client: SlipwayClient;
  readonly timeline: Timeline;
  /** A request to the Azure emulator's ARM surface. */
  arm(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Registers one of the example folders as the next version. */
  register(example: string): Promise<string>;
  /** The rollout of a version once `when` is true of it, its phases told on the way. */
  rollout(version: string, when: (rollout: RolloutView) => boolean, withinMs?: number): Promise<RolloutView>;
  champion(): Promise<string>;
  deployments(): Promise<readonly string[]>;
}

const EXAMPLES = new URL('../../examples/diabetes/models/', import.meta.url);
const WITHIN_MS = 60_000;

export const setStage = (stack: Stack, timeline: Timeline): Stage => {
  const client = createSlipwayClient(stack.urls.api);
  let uploads = 0;

  const arm = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${stack.urls.azure}${WORKSPACE_ID}${path}?api-version=2024-04-01`, {
      method,
      headers: {
        authorization: `Bearer ${stack.credentials.armToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };

  return {
    stack,
    client,
    timeline,
    arm,
    register(example) {
      uploads += 1;
      return client.registerModel(MODEL, new URL(`${example}/`, EXAMPLES), `0/uploads/${uploads}/artifacts`);
    },
    rollout(version, when, withinMs = WITHIN_MS) {
      let told = '';
      return waitFor(`what was awaited of the rollout of version ${version}`, withinMs, async () => {
        const found = (await client.rollouts(MODEL)).find((rollout) => rollout.version === version);
        if (found === undefined) return undefined;
        const now = describe(found);
        if (now !== told) timeline.step(`version ${version}: ${now}`);
        told = now;
        return when(found) ? found : undefined;
      });
    },
    async champion() {
      const found = await client.request('GET', `/api/2.0/mlflow/registered-models/alias?name=${MODEL}&alias=champion`);
      return (found as { model_version: { version: string } }).model_version.version;
    },
    async deployments() {
      const found = (await arm('GET', `/onlineEndpoints/${ENDPOINT}/deployments`)) as { value: { name: string }[] };
      return found.value.map(({ name }) => name);
    },
  };
};

const describe = ({ phase, traffic: wished, pause }: RolloutView): string => {
  const traffic = Object.entries(wished).map(([deployment, percent]) => `${deployment} ${percent} %`);
  const paused = pause.length > 0 ? `, on hold: ${pause.join(', ')}` : '';
  return `${phase}${traffic.length > 0 ? ` (${traffic.join(', ')})` : ''}${paused}`;
};

/** Real rows, one request body each. */
export const realRequests = async (): Promise<readonly string[]> => {
  const { columns, data } = JSON.parse(await readFile(new URL('../rows.json', EXAMPLES), 'utf8')) as {
    columns: string[];
    data: number[][];
  };
  return data.map((row) => JSON.stringify({ input_data: { columns, index: [0], data: [row] } }));
};
