import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type WebhookReceiver } from '../../local/demo/webhook-receiver.ts';
import { ENVELOPES, type EnvelopeName, postToFunction } from '../support/event-posts.ts';
import { quickPolicy, withStack } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const MODEL = 'heart';
const SECRET = 'a-secret-that-only-this-test-uses';
const PREFIX = 'Microsoft.MachineLearningServices';

const site = withStack({ flags: ['--allow-private-egress'] });
let receiver: WebhookReceiver;

/** A receiver that is out of order for the first two attempts at every message. */
const flaky = { ids: [] as string[], url: '', server: createServer() };

const setFaults = async (faults: object): Promise<void> => {
  const { status } = await site.story.stack.callAzure('PUT', '/_emulator/event-grid/faults', { body: faults });
  expect(status).toBe(200);
};

const journal = (name: string, type: string) => site.story.client.journal(name, type);

/** Resolves when the emulator has nothing left to deliver; what was refused comes again after ten seconds. */
const allDelivered = () =>
  until(
    'every event to be delivered',
    async () => {
      const { json } = await site.story.stack.callAzure('GET', '/_emulator/event-grid/status');
      return json.pending === 0;
    },
    { withinMs: 60_000 },
  );

beforeAll(async () => {
  receiver = await startReceiver(SECRET);
  flaky.server.on('request', (request, response) => {
    const id = String(request.headers['webhook-id']);
    flaky.ids.push(id);
    request.resume();
    response.writeHead(flaky.ids.filter((one) => one === id).length > 2 ? 204 : 503).end();
  });
  flaky.server.listen(0, '127.0.0.1');
  await once(flaky.server, 'listening');
  flaky.url = `http://127.0.0.1:${(flaky.server.address() as AddressInfo).port}/flaky`;

  const { client } = site.story;
  await client.request('PUT', '/api/v1/policies/quick', quickPolicy(MODEL, MODEL));
  await client.request('PUT', '/api/v1/channels/team', { kind: 'webhook', url: receiver.url, secret: SECRET });
  await client.request('PUT', '/api/v1/channels/second', { kind: 'webhook', url: receiver.url, secret: SECRET });
  await client.request('PUT', '/api/v1/channels/flaky', { kind: 'webhook', url: flaky.url });
  await client.request('PUT', '/api/v1/alert-rules/rollouts', {
    eventTypes: ['slipway.rollout.promoted', 'slipway.rollout.succeeded'],
    channels: ['team', 'second'],
  });
  await client.request('PUT', '/api/v1/alert-rules/registrations', {
    eventTypes: ['slipway.model.registered'],
    subjectPrefix: `models/${MODEL}/versions/1`,
    channels: ['flaky'],
  });
});

afterAll(() => {
  receiver.close();
  flaky.server.close();
});

describe('a rollout whose events come three times and in disorder', () => {
  it('is one rollout, with the right end', async () => {
    const { story } = site;
    await setFaults({ duplicate: 3, reorderWindowMs: 400 });
    await story.register(MODEL, 'v1');
    await story.rollout(MODEL, '1', ['Succeeded']);

    await story.register(MODEL, 'v2');
    await story.rollout(MODEL, '2', ['Succeeded']);
    await allDelivered();

    const rollouts = await story.client.rollouts(MODEL);
    expect(rollouts.map(({ version, phase }) => `${version} ${phase}`).sort()).toEqual(['1 Succeeded', '2 Succeeded']);
    expect(await story.champion(MODEL)).toBe('2');
    const promoted = await journal('endpoints', 'slipway.rollout.promoted');
    expect(promoted.map(({ data }) => data['version']).sort()).toEqual(['1', '2']);
    expect((await story.predict(MODEL)).status).toBe(200);
  });

  it('is told once to every channel of the rule', async () => {
    const told = await until('both channels to be told of both versions', () => {
      return receiver.messages.length >= 8 && receiver.messages;
    });
    await setFaults({});
    await allDelivered();

    expect(told.every(({ signed }) => signed)).toBe(true);
    expect(new Set(told.map(({ deliveryId }) => deliveryId)).size).toBe(8);
    expect(receiver.messages).toHaveLength(8);
  });
});

describe("an event of Azure ML's", () => {
  const odd = {
    'CloudEvents 1.0': { MODELNAME: 'foreign-a', modelVersion: '1', ModelTags: null },
    'Event Grid schema': { modelName: 'foreign-b', ModelVersion: 1, modelproperties: {}, modeltags: { from: 'azure' } },
  } as const;

  it.each(Object.keys(ENVELOPES) as EnvelopeName[])(
    'is understood in the envelope %s, whatever its case',
    async (name) => {
      const { stack, client, arm } = site.story;
      const data = odd[name];
      const model = 'MODELNAME' in data ? data.MODELNAME : data.modelName;
      // The workspace's own event is lost, so that only the one that is posted here can register the version.
      await setFaults({ subscription: 'machine-learning-model-registered', drop: 1 });
      const modelUri = `azureml://datastores/workspaceblobstore/paths/LocalUpload/${model}/1`;
      const put = await arm('PUT', `/models/${model}/versions/1`, {
        properties: { modelUri, modelType: 'mlflow_model' },
      });
      expect(put.status).toBeLessThan(300);
      await allDelivered();
      const event = ENVELOPES[name]({ id: `registered-${model}`, type: `${PREFIX}.ModelRegistered`, data });

      const replies = await Promise.all(
        [event, event, [event]].map((one) => postToFunction(stack, 'model-registered', one)),
      );
      await postToFunction(stack, 'model-registered', event);

      // Of several at once some may be asked to come again.
      expect(replies.map(({ status }) => status).filter((status) => ![202, 500].includes(status))).toEqual([]);
      const version = await stack.call('GET', `/api/v1/models/${model}/versions/1`);
      expect(version.json).toMatchObject({ origin: 'azure-ml', source: modelUri });
      const entries = await client.journal('registry', 'slipway.model.registered');
      expect(entries.filter(({ data: { name: of } }) => of === model)).toHaveLength(1);
    },
  );

  it('counts once when it comes in both envelopes', async () => {
    const { stack, client } = site.story;
    const data = { ExperimentId: 'e1', experimentName: 'heart', RUNID: 'run-1', RunType: 'x', runTags: {} };
    const event = { id: 'run-1-completed', type: `${PREFIX}.RunCompleted`, data };

    for (const envelope of Object.values(ENVELOPES)) {
      expect((await postToFunction(stack, 'run-completed', envelope(event))).status).toBe(202);
    }

    const entries = await client.journal('tracking', 'slipway.run.completed');
    expect(entries.map(({ data: { runId } }) => runId)).toEqual(['run-1']);
  });
});

describe('drift that is reported several times', () => {
  it('is journaled once', async () => {
    const { stack, client } = site.story;
    const data = { DataDriftId: 'd1', datadriftname: 'heart-inputs', DRIFTCOEFFICIENT: 0.7, RunId: 'r1' };
    const event = { id: 'drift-1', type: `${PREFIX}.DatasetDriftDetected`, data };

    for (const envelope of [...Object.values(ENVELOPES), ...Object.values(ENVELOPES)]) {
      expect((await postToFunction(stack, 'drift-detected', envelope(event))).status).toBe(202);
    }

    const entries = await client.journal('monitors', 'slipway.drift.detected');
    expect(entries.map(({ data: { monitor, driftScore } }) => [monitor, driftScore])).toEqual([['heart-inputs', 0.7]]);
  });

  it('is journaled once also when the workspace says it three times at once', async () => {
    const { stack, client } = site.story;
    await setFaults({ subscription: 'machine-learning-drift-detected', duplicate: 3, delayMs: 200 });
    const data = { DataDriftId: 'd2', DataDriftName: 'lung-inputs', DriftCoefficient: 0.9, RunId: 'r2' };

    const reply = await stack.callAzure('POST', '/_emulator/machine-learning/events', {
      body: { type: 'DatasetDriftDetected', subject: 'datadrifts/d2/runs/r2', data },
    });
    expect(reply.status).toBe(202);
    await setFaults({});
    await allDelivered();

    const entries = await client.journal('monitors', 'slipway.drift.detected');
    expect(entries.filter(({ data: { monitor } }) => monitor === 'lung-inputs')).toHaveLength(1);
  });
});

describe('a receiver that fails twice', () => {
  it('is tried again with the same message id until it takes it, and then no more', async () => {
    await until('the third attempt', () => flaky.ids.length >= 3, { withinMs: 120_000, everyMs: 200 });
    await allDelivered();

    expect(flaky.ids).toHaveLength(3);
    expect(new Set(flaky.ids).size).toBe(1);
  });
});
