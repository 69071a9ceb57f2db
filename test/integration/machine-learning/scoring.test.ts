import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../local/machine-learning/traffic-choice.ts';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { until } from '../../support/until.ts';

let fixture: WorkspaceFixture;
let calls: ArmCalls;
let random = seededRandom(1);

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start({ random: () => random(), maxRequestBytes: 100_000, timing: { livenessPeriodMs: 50 } });
  calls = new ArmCalls(fixture);
  await calls.createEndpoint('heart');
  const [stable, canary] = await Promise.all([fixture.push('stable'), fixture.push('canary')]);
  await Promise.all([
    calls.deploy('heart', 'stable', { image: stable }),
    calls.deploy('heart', 'canary', { image: canary }),
  ]);
});
afterAll(() => fixture.dispose());
beforeEach(() => {
  random = seededRandom(1);
});

const ROWS = { input_data: { columns: ['age'], index: [0], data: [[63]] } };

const load = async (endpoint: string, count: number): Promise<Record<string, number>> => {
  const key = await calls.key(endpoint);
  const answers: Record<string, number> = {};
  for (let at = 0; at < count; at += 1) {
    const response = await fetch(`${fixture.url}/endpoints/${endpoint}/score`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(ROWS),
    });
    const name = response.headers.get('azureml-model-deployment') ?? '';
    expect(await response.json()).toEqual([name]);
    answers[name] = (answers[name] ?? 0) + 1;
  }
  return answers;
};

describe('a scoring URI', () => {
  it('says who answered and gives every request its own id', async () => {
    await calls.setTraffic('heart', { stable: 100 });
    const answer = await calls.score('heart', ROWS, {
      'x-request-id': 'mine',
      'x-ms-client-request-id': 'c'.repeat(60),
    });
    expect(answer).toMatchObject({ status: 200, body: ['stable'] });
    expect(answer.headers.get('azureml-model-deployment')).toBe('stable');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(answer.headers.get('x-ms-client-request-id')).toBe('c'.repeat(40));
  });

  it('takes either key, until it is changed', async () => {
    const { primaryKey, secondaryKey } = (await calls.arm('POST', '/onlineEndpoints/heart/listKeys')).body;
    const status = async (key: string) => (await calls.score('heart', ROWS, { authorization: `Bearer ${key}` })).status;
    expect([await status(primaryKey), await status(secondaryKey), await status('wrong')]).toEqual([200, 200, 401]);
    await calls.arm('POST', '/onlineEndpoints/heart/regenerateKeys', { keyType: 'Secondary' });
    expect([await status(primaryKey), await status(secondaryKey)]).toEqual([200, 401]);
  });

  it('splits requests by weight', async () => {
    await calls.setTraffic('heart', { stable: 80, canary: 20 });
    random = seededRandom(1);
    expect(await load('heart', 200)).toEqual({ stable: 162, canary: 38 });
  });

  it('sends a request that names a deployment there, whatever the weights', async () => {
    await calls.setTraffic('heart', { stable: 100 });
    const forced = await calls.score('heart', ROWS, { 'azureml-model-deployment': 'canary' });
    expect(forced.body).toEqual(['canary']);
    expect((await calls.score('heart', ROWS, { 'azureml-model-deployment': 'nobody' })).status).toBe(404);
  });

  it('answers 404 without traffic, 413 above the limit', async () => {
    await calls.setTraffic('heart', {});
    expect(await calls.score('heart', ROWS)).toMatchObject({ status: 404, body: { error: { code: 'NoTraffic' } } });
    expect((await calls.score('heart', { input_data: 'x'.repeat(100_001) })).status).toBe(413);
  });

  it('answers 424 with the status of the model', async () => {
    const answer = await calls.score('heart', { status: 422 }, { 'azureml-model-deployment': 'stable' });
    expect(answer.status).toBe(424);
    expect(answer.headers.get('ms-azureml-model-error-statuscode')).toBe('422');
    expect(answer.headers.get('ms-azureml-model-error-reason')).toBe('Unprocessable Entity');
    expect(answer.body).toEqual(['stable']);
  });

  it('pipes an answer of unknown length', async () => {
    const answer = await calls.score('heart', { do: 'stream' }, { 'azureml-model-deployment': 'stable' });
    expect(answer).toMatchObject({ status: 200, body: [1, 2] });
    expect(answer.headers.get('transfer-encoding')).toBe('chunked');
  });

  it('answers 408 after the request time-out and 429 above the admitted number', async () => {
    const image = await fixture.push('slow', { DELAY_MS: '400' });
    const requestSettings = { requestTimeout: 'PT0.2S', maxConcurrentRequestsPerInstance: 1 };
    await calls.deploy('heart', 'slow', { image, properties: { requestSettings } });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => calls.score('heart', ROWS, { 'azureml-model-deployment': 'slow' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([408, 408, 429, 429, 429]);
  });

  it('copies a share of requests to the mirror without anyone noticing', async () => {
    const image = await fixture.push('shadow', { BEHAVIOUR: 'error' });
    await calls.deploy('heart', 'shadow', { image });
    await calls.setTraffic('heart', { stable: 100 }, { shadow: 50 });
    random = seededRandom(3);
    const from = new Date(Date.now() - 1_000).toISOString();
    expect(await load('heart', 40)).toEqual({ stable: 40 });
    const query = `metricnames=RequestsPerMinute&interval=FULL&aggregation=Total&$filter=deployment eq 'shadow'`;
    const copies = await until('the copies to be counted', async () => {
      const timespan = `${from}/${new Date(Date.now() + 2_000).toISOString()}`;
      const path = `/onlineEndpoints/heart/providers/microsoft.insights/metrics?timespan=${timespan}&${query}`;
      const total = (await calls.arm('GET', path)).body.value[0].timeseries[0]?.data[0].total ?? 0;
      return total >= 19 ? total : undefined;
    });
    expect(copies).toBe(19);
    await calls.setTraffic('heart', { stable: 100 });
  });

  it('keeps the environment of the emulator from the model', async () => {
    process.env['SECRET_OF_THE_PARENT'] = 'secret';
    const { body } = await calls.score('heart', { environment: '"environment"' });
    expect(body).toMatchObject({ MODEL_FILE: expect.stringMatching(/rootfs\/opt\/ml\/model\/name.txt$/) });
    expect(Object.keys(body).sort()).toEqual([
      'AZUREML_INSTANCE_ID',
      'HOME',
      'HOST',
      'MODEL_FILE',
      'PATH',
      'PORT',
      'TMPDIR',
    ]);
  });
});

describe('a model server', () => {
  it('that dies is started again; the request that it took along is a model error without a status', async () => {
    const image = await fixture.push('mortal');
    await calls.deploy('heart', 'mortal', { image });
    const forced = { 'azureml-model-deployment': 'mortal' };
    const fatal = await calls.score('heart', { do: 'die' }, forced);
    expect(fatal.status).toBe(424);
    expect(fatal.headers.get('ms-azureml-model-error-statuscode')).toBeNull();
    // The next request waits for the restart instead of failing.
    expect(await calls.score('heart', ROWS, forced)).toMatchObject({ status: 200, body: ['mortal'] });
    expect(
      (await calls.arm('GET', '/onlineEndpoints/heart/deployments/mortal')).body.properties.provisioningState,
    ).toBe('Succeeded');
    const logs = (await calls.arm('POST', '/onlineEndpoints/heart/deployments/mortal/getLogs', {})).body.content;
    expect(logs).toContain('container exited with code 9');
    expect(logs).toContain('restarting in 50 ms');
  });

  it('that hangs is started again once its liveness probe has failed too often', async () => {
    const image = await fixture.push('hanging');
    const livenessProbe = { period: 'PT1S', timeout: 'PT0.2S', failureThreshold: 2 };
    await calls.deploy('heart', 'hanging', {
      image,
      properties: { livenessProbe, requestSettings: { requestTimeout: 'PT1S' } },
    });
    const forced = { 'azureml-model-deployment': 'hanging' };
    expect([408, 424]).toContain((await calls.score('heart', { do: 'hang' }, forced)).status);
    await until('it to answer again', async () => (await calls.score('heart', ROWS, forced)).status === 200);
  });

  it('that never becomes ready fails its deployment', async () => {
    await fixture.stop();
    await fixture.start({ random: () => random(), timing: { startTimeoutMs: 700 } });
    const image = await fixture.push('never', { BEHAVIOUR: 'never-ready' });
    const deployment = await calls.deploy('heart', 'never', { image });
    expect(deployment.properties.provisioningState).toBe('Failed');
  });
});
