import { waitFor } from './slipway-client.ts';
import { ENDPOINT, MODEL, type Stage } from './stage.ts';
import type { SteadyTraffic } from './steady-traffic.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

/** Act: the first version finds no stable to be compared with and takes all traffic after its smoke test. */
export const firstVersionGoesLive = async (stage: Stage): Promise<void> => {
  const version = await stage.register('v1');
  const rollout = await stage.rollout(version, ({ phase }) => phase === 'Succeeded');
  stage.timeline.check('version 1 is live at 100 %', rollout.traffic[rollout.to.deployment] === 100);
  stage.timeline.check('champion is version 1', (await stage.champion()) === '1');
};

/** Act: a better version takes over step by step. */
export const betterVersionTakesOver = async (stage: Stage): Promise<void> => {
  const before = await stage.deployments();
  const version = await stage.register('v2');
  const rollout = await stage.rollout(version, ({ phase }) => phase === 'Succeeded');
  const after = await waitFor('the retirement of version 1', 20_000, async () => {
    const left = await stage.deployments();
    return left.some((name) => before.includes(name)) ? undefined : left;
  });
  stage.timeline.step(`from registered to canary ready: ${await secondsToReady(stage, rollout.id, version)} s`);
  stage.timeline.check('version 2 is live at 100 %', rollout.traffic[rollout.to.deployment] === 100);
  stage.timeline.check('champion moved to version 2', (await stage.champion()) === '2');
  stage.timeline.check('the deployment of version 1 is retired', after.length === 1, after.join(', '));
};

/** What a gate saw, as the journal tells it. */
interface Verdict {
  readonly gate: string;
  readonly verdict: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Seconds between the journal's "registered" and the end of provisioning: packaging and start of the deployment. */
const secondsToReady = async ({ client }: Stage, rollout: string, version: string): Promise<string> => {
  const registered = (await client.journal('registry', 'slipway.model.registered')).find(
    ({ data }) => data['version'] === version,
  );
  const ready = (await client.journal('endpoints', 'slipway.rollout.stepped')).find(
    ({ data }) => data['rollout'] === rollout && data['fromPhase'] === 'Provisioning',
  );
  return ((Date.parse(ready?.time ?? '') - Date.parse(registered?.time ?? '')) / 1000).toFixed(1);
};

/** Act: a version that is worse is taken back by a gate, with its evidence; returns its deployment. */
export const worseVersionIsTakenBack = async (stage: Stage, example: string, what: string): Promise<string> => {
  const version = await stage.register(example);
  const rollout = await stage.rollout(version, ({ phase }) => phase === 'RolledBack');
  const entries = await stage.client.journal('endpoints', 'slipway.rollout.rolled-back');
  const entry = entries.find(({ data }) => data['rollout'] === rollout.id);
  const evidence = (entry?.data['evidence'] ?? []) as readonly Verdict[];
  for (const { gate, verdict, detail } of evidence.filter((one) => one.verdict === 'fail')) {
    stage.timeline.step(`gate '${gate}' ${verdict}: ${JSON.stringify(detail)}`);
  }
  stage.timeline.check(
    `version ${version} (${what}) was rolled back`,
    rollout.outcome?.reason === 'gate-failed',
    rollout.outcome?.message,
  );
  stage.timeline.check(
    'a gate says why',
    evidence.some(({ verdict }) => verdict === 'fail'),
  );
  stage.timeline.check('champion is still version 2', (await stage.champion()) === '2');
  return rollout.to.deployment;
};

/** Act: Azure ML itself announces a model; its files are in the workspace's own storage. */
export const azureMlAnnouncesVersion = async (stage: Stage, version: string): Promise<void> => {
  const modelUri = `azureml://datastores/workspaceblobstore/paths/LocalUpload/${MODEL}/${version}`;
  await stage.arm('PUT', `/models/${MODEL}/versions/${version}`, {
    properties: { modelUri, modelType: 'mlflow_model', tags: { from: 'azure-ml' } },
  });
  const rollout = await stage.rollout(version, ({ phase }) => phase === 'Baking');
  const registered = (await stage.client.journal('registry', 'slipway.model.registered')).find(
    ({ data }) => data['version'] === version,
  );
  stage.timeline.step(`version ${version} came from ${String(registered?.data['source'])}`);
  stage.timeline.check(
    'an Azure ML event alone started a rollout',
    registered?.data['origin'] === 'azure-ml' && rollout.step > 0,
  );
};

/** Act: drift is reported while that rollout runs; it goes on hold, the team is told, and a person lets it go on. */
export const driftPutsRolloutOnHold = async (
  stage: Stage,
  receiver: WebhookReceiver,
  version: string,
): Promise<void> => {
  await fetch(`${stage.stack.urls.azure}/_emulator/machine-learning/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'DatasetDriftDetected',
      subject: 'datadrifts/d1/runs/r1',
      data: {
        DataDriftId: 'd1',
        DataDriftName: 'diabetes-inputs',
        RunId: 'r1',
        BaseDatasetId: 'base',
        TargetDatasetId: 'target',
        DriftCoefficient: 0.83,
        StartTime: new Date(Date.now() - 3_600_000).toISOString(),
        EndTime: new Date().toISOString(),
      },
    }),
  });
  const held = await stage.rollout(version, ({ pause }) => pause.includes('drift'), 15_000);
  const alert = await waitFor('the drift alert', 15_000, async () =>
    receiver.messages.find(({ type }) => type === 'slipway.drift.detected'),
  );
  stage.timeline.check(
    'the rollout is on hold, with the traffic it had',
    held.phase === 'Baking' && held.traffic[held.to.deployment] === 10,
  );
  stage.timeline.check('the receiver was told, with a valid signature', alert.signed, alert.title);
  await stage.client.request('POST', `/api/v1/rollouts/${held.id}/commands`, {
    commandId: 'demo-resume',
    type: 'resume',
  });
  await stage.rollout(version, ({ phase }) => phase === 'Succeeded');
  stage.timeline.check('after resume it went all the way', (await stage.champion()) === version);
};

/** Act: the host dies in the middle of a rollout and comes back. */
export const hostIsKilled = async (stage: Stage): Promise<void> => {
  const version = await stage.register('v2');
  const before = await stage.rollout(version, ({ phase, step }) => phase === 'Baking' && step >= 1);
  await stage.stack.host.kill();
  stage.timeline.step(`host killed with SIGKILL while ${before.phase} at step ${before.step}; starting it again`);
  await stage.stack.host.start();
  await stage.rollout(version, ({ phase }) => phase === 'Succeeded', 90_000);
  const own = (await stage.client.journal('endpoints')).filter(({ data }) => data['rollout'] === before.id);
  const moves = own
    .filter(({ data }) => data['fromPhase'] !== undefined)
    .map(({ type, data }) => [type, data['fromPhase'], data['phase'], data['step']].join(' '));
  stage.timeline.check('the rollout ended rightly', (await stage.champion()) === version);
  stage.timeline.check(
    'nothing happened twice',
    moves.length > 0 && new Set(moves).size === moves.length,
    `${moves.length} moves, each once`,
  );
};

interface Snapshot {
  readonly journal: readonly string[];
  readonly rollouts: readonly string[];
  readonly traffic: unknown;
  readonly deployments: readonly string[];
  readonly champion: string;
  readonly messages: number;
}

const snapshot = async (stage: Stage, receiver: WebhookReceiver): Promise<Snapshot> => {
  const journals = await Promise.all(
    ['registry', 'endpoints', 'monitors', 'tracking', 'deliveries'].map((journal) => stage.client.journal(journal)),
  );
  const endpoint = (await stage.arm('GET', `/onlineEndpoints/${ENDPOINT}`)) as { properties: { traffic: unknown } };
  return {
    journal: journals
      .flat()
      .map(({ id }) => id)
      .sort(),
    rollouts: (await stage.client.rollouts(MODEL)).map(({ id, phase }) => `${id} ${phase}`).sort(),
    traffic: endpoint.properties.traffic,
    deployments: await stage.deployments(),
    champion: await stage.champion(),
    messages: new Set(receiver.messages.map(({ deliveryId }) => deliveryId)).size,
  };
};

/** Act: every event there ever was is delivered twice more. */
export const everyEventComesAgain = async (stage: Stage, receiver: WebhookReceiver): Promise<void> => {
  const before = await snapshot(stage, receiver);
  const answer = await fetch(`${stage.stack.urls.azure}/_emulator/event-grid/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ times: 2 }),
  });
  const counts = (await answer.json()) as { events: number; deliveries: number; delivered: number };
  const after = await snapshot(stage, receiver);
  stage.timeline.check(
    `${counts.events} events were delivered ${counts.deliveries} more times`,
    counts.delivered === counts.deliveries && counts.events > 0,
  );
  stage.timeline.check(
    'nothing changed',
    JSON.stringify(before) === JSON.stringify(after),
    `${after.journal.length} journal entries`,
  );
};

/** The last check: not one request failed but on the share of the canaries that were taken back. */
export const countFailures = async (
  stage: Stage,
  traffic: SteadyTraffic,
  canaries: readonly string[],
): Promise<void> => {
  const { sent, ok, failed } = await traffic.stop();
  const onCanaries = Object.entries(failed).filter(([deployment]) => canaries.includes(deployment));
  const elsewhere = Object.entries(failed).filter(([deployment]) => !canaries.includes(deployment));
  const sum = (counts: [string, number][]): number => counts.reduce((total, [, count]) => total + count, 0);
  stage.timeline.step(
    `${sent} requests sent, ${ok} answered, ${sum(onCanaries)} failed on canaries that were taken back`,
  );
  stage.timeline.check(
    'outside their share not one request failed',
    sum(elsewhere) === 0,
    JSON.stringify(Object.fromEntries(elsewhere)),
  );
};
