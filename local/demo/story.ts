import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Stack } from '../stack/start-stack.ts';
import {
  azureMlAnnouncesVersion,
  betterVersionTakesOver,
  countFailures,
  driftPutsRolloutOnHold,
  everyEventComesAgain,
  firstVersionGoesLive,
  hostIsKilled,
  worseVersionIsTakenBack,
} from './acts.ts';
import { DEMO_POLICY } from './policy.ts';
import { ENDPOINT, MODEL, realRequests, type Stage, setStage } from './stage.ts';
import { type SteadyTraffic, startTraffic } from './steady-traffic.ts';
import type { Timeline } from './timeline.ts';
import { startReceiver, type WebhookReceiver } from './webhook-receiver.ts';

const SECRET = 'a-secret-that-only-the-demo-uses';
const REQUESTS_PER_SECOND = 80;

/** Plays all acts in order. @throws Error when an act did not come to its end */
export const playStory = async (stack: Stack, timeline: Timeline): Promise<void> => {
  const stage = setStage(stack, timeline);
  const receiver = await startReceiver(SECRET);
  try {
    await configure(stage, receiver);

    timeline.act('Version 1 is registered and goes live');
    await firstVersionGoesLive(stage);

    timeline.act('A client starts sending real rows, and never stops');
    const traffic = await startClient(stage);
    timeline.step(`${REQUESTS_PER_SECOND} requests a second`);

    await playUnderTraffic(stage, receiver, traffic);
  } finally {
    receiver.close();
  }
};

const playUnderTraffic = async (stage: Stage, receiver: WebhookReceiver, traffic: SteadyTraffic): Promise<void> => {
  const { timeline } = stage;
  timeline.act('Version 2 is better: canary, steps, 100 %');
  await betterVersionTakesOver(stage);

  timeline.act('Version 3 crashes on one row in four: the gate takes it back');
  const crashing = await worseVersionIsTakenBack(stage, 'v3', 'crashes on some rows');

  timeline.act('Version 4 is ten times slower: the gate takes it back');
  const slow = await worseVersionIsTakenBack(stage, 'v4', 'slow');

  timeline.act('Azure ML announces version 5, not our API');
  await uploadToWorkspace(stage, '5');
  await azureMlAnnouncesVersion(stage, '5');

  timeline.act('Drift is found meanwhile: hold, alert, resume');
  await driftPutsRolloutOnHold(stage, receiver, '5');

  timeline.act('The host is killed in mid-rollout');
  await hostIsKilled(stage);

  timeline.act('Every event comes twice more');
  await everyEventComesAgain(stage, receiver);

  timeline.act('The client stops');
  await countFailures(stage, traffic, [crashing, slow]);
};

const configure = async ({ client, timeline }: Stage, receiver: WebhookReceiver): Promise<void> => {
  await client.request('PUT', '/api/v1/policies/demo', DEMO_POLICY);
  await client.request('PUT', '/api/v1/channels/team', { kind: 'webhook', url: receiver.url, secret: SECRET });
  await client.request('PUT', '/api/v1/alert-rules/drift', {
    eventTypes: ['slipway.drift.*', 'slipway.rollout.rolled-back'],
    channels: ['team'],
  });
  await client.request('PUT', '/api/v1/monitors/diabetes-inputs', { endpoint: ENDPOINT, model: MODEL });
  timeline.step('policy, alert rule, signed webhook channel and monitor are in place');
};

const startClient = async (stage: Stage): Promise<SteadyTraffic> => {
  const endpoint = (await stage.arm('GET', `/onlineEndpoints/${ENDPOINT}`)) as { properties: { scoringUri: string } };
  const keys = (await stage.arm('POST', `/onlineEndpoints/${ENDPOINT}/listKeys`)) as { primaryKey: string };
  return startTraffic({
    scoringUri: endpoint.properties.scoringUri,
    key: keys.primaryKey,
    bodies: await realRequests(),
    perSecond: REQUESTS_PER_SECOND,
  });
};

/** Puts the files of version 2 into the workspace's datastore, as `az ml model create` would. */
const uploadToWorkspace = async ({ stack }: Stage, version: string): Promise<void> => {
  const folder = new URL('../../examples/diabetes/models/v2/', import.meta.url);
  const container = BlobServiceClient.fromConnectionString(stack.storageConnectionString).getContainerClient(
    'workspaceblobstore',
  );
  for (const file of await readdir(folder)) {
    const blob = container.getBlockBlobClient(`LocalUpload/${MODEL}/${version}/${file}`);
    await blob.uploadFile(fileURLToPath(new URL(file, folder)));
  }
};
