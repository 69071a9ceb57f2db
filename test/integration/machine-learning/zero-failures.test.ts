import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { until } from '../../support/until.ts';

let fixture: WorkspaceFixture;
let calls: ArmCalls;

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start();
  calls = new ArmCalls(fixture);
  await calls.createEndpoint('heart');
});
afterAll(() => fixture.dispose());

const BODY = JSON.stringify({ input_data: { columns: ['age'], index: [0], data: [[63]] } });

/** Scores with `clients` at once until stopped; counts every status. */
const startLoad = async (clients: number) => {
  const dispatcher = new Agent({ connections: clients });
  const headers = { authorization: `Bearer ${await calls.key('heart')}`, 'content-type': 'application/json' };
  const statuses: Record<string, number> = {};
  let isStopped = false;
  const client = async (): Promise<void> => {
    while (!isStopped) {
      const outcome = await request(`${fixture.url}/endpoints/heart/score`, {
        dispatcher,
        method: 'POST',
        headers,
        body: BODY,
      })
        .then(async ({ statusCode, body }) => {
          await body.dump();
          return String(statusCode);
        })
        .catch((error: Error) => error.message);
      statuses[outcome] = (statuses[outcome] ?? 0) + 1;
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    statuses,
    stop: async (): Promise<Record<string, number>> => {
      isStopped = true;
      await Promise.all(running);
      await dispatcher.close();
      return statuses;
    },
  };
};

describe('an endpoint under load', () => {
  it('fails no request during 20 moves of traffic, updates in place, and deployments that come and go', async () => {
    const image = await fixture.push('slowish', { DELAY_MS: '15' });
    await calls.deploy('heart', 'stable', { image });
    await calls.setTraffic('heart', { stable: 100 });
    const load = await startLoad(8);
    for (let move = 0; move < 20; move += 1) {
      // Every fifth move has a canary of its own, which leaves afterwards.
      if (move % 5 === 0) await calls.deploy('heart', `canary-${move}`, { image });
      const canary = `canary-${move - (move % 5)}`;
      await calls.setTraffic('heart', { stable: 100 - 20 * (move % 5), [canary]: 20 * (move % 5) });
      if (move % 5 === 4) {
        await calls.setTraffic('heart', { stable: 100 });
        await calls.arm('DELETE', `/onlineEndpoints/heart/deployments/${canary}`);
      }
    }
    // The live deployment itself is replaced by one with other settings.
    await calls.deploy('heart', 'stable', { image, environmentVariables: { DELAY_MS: '5' } });
    const before = load.statuses['200'] ?? 0;
    await until('requests to go on', () => (load.statuses['200'] ?? 0) > before + 50);
    const statuses = await load.stop();
    expect(Object.keys(statuses)).toEqual(['200']);
    expect(statuses['200']).toBeGreaterThan(500);
  });
});
