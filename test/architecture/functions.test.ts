import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../functions/http/mlflow/routes.ts';
import { mlflowWebhook } from '../../functions/http/mlflow/webhook.ts';
import type { AppRegistry } from '../../local/host/core-api.ts';
import { loadApp } from '../../local/host/load-app.ts';
import { SUBSCRIPTIONS } from '../../shared/events/subscriptions.ts';
import { CONTAINERS, QUEUES } from '../../shared/platform/resources.ts';

/** Enough to start: nothing is called while functions are registered. */
const SETTINGS = {
  COSMOS_ENDPOINT: 'http://127.0.0.1:9',
  COSMOS_KEY: Buffer.alloc(32).toString('base64'),
  BLOB_ENDPOINT: 'http://127.0.0.1:9/account',
  QUEUE_ENDPOINT: 'http://127.0.0.1:9/account',
  STORAGE_CONNECTION_STRING:
    'DefaultEndpointsProtocol=http;AccountName=account;AccountKey=AAAA;BlobEndpoint=http://127.0.0.1:9/account;QueueEndpoint=http://127.0.0.1:9/account;',
  EVENT_GRID_TOPIC_ENDPOINT: 'http://127.0.0.1:9/api/events',
  EVENT_GRID_TOPIC_KEY: 'AAAA',
  ARM_ENDPOINT: 'http://127.0.0.1:9',
  ARM_TOKEN: 'token',
  AZURE_ML_WORKSPACE_ID: '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w',
  AZURE_LOCATION: 'embedded',
  IMAGE_REGISTRY: 'images.embedded',
  SECRETS_KEY: Buffer.alloc(32).toString('base64'),
  PUBLIC_URL: 'http://127.0.0.1:7071',
  ACCESS: 'open',
};

let registrations: AppRegistry['registrations'];

const triggerOf = (name: string) =>
  Object.values(registrations.get(name)?.metadata.bindings ?? {}).find(({ type }) => type.endsWith('Trigger'));

const namesOf = (type: string) => [...registrations.keys()].filter((name) => triggerOf(name)?.type === type);

describe('the functions of the app', () => {
  beforeAll(async () => {
    Object.assign(process.env, SETTINGS);
    registrations = (await loadApp(new URL('../../functions/main.ts', import.meta.url))).registry.registrations;
  });

  it('have every trigger that is not HTTP', () => {
    const others = [...registrations.keys()].filter((name) => triggerOf(name)?.type !== 'httpTrigger');

    expect(others).toEqual(
      expect.arrayContaining([
        'model-registered',
        'model-changed',
        'deployment-changed',
        'drift-detected',
        'run-completed',
        'origin-changed',
        'notify',
        'build-package',
        'advance-rollout',
        'deliver-notification',
        'relay-journal-registry',
        'relay-journal-tracking',
        'relay-journal-endpoints',
        'relay-journal-monitors',
        'relay-journal-deliveries',
        'sweep',
      ]),
    );
  });

  it('have every route, at the method and path of the tables', () => {
    for (const { name, method, path } of [...mlflowRoutes, ...apiRoutes, mlflowWebhook]) {
      expect(triggerOf(name)).toMatchObject({ methods: [method], route: path, authLevel: 'anonymous' });
    }
  });

  it('have names that Azure takes', () => {
    expect([...registrations.keys()].filter((name) => !/^[a-z][a-z-]{0,126}$/.test(name))).toEqual([]);
  });

  it('take the events of every subscription', () => {
    expect(namesOf('eventGridTrigger').toSorted()).toEqual(
      [...new Set(SUBSCRIPTIONS.map((subscription) => subscription.function))].toSorted(),
    );
  });

  it('empty every queue', () => {
    expect(namesOf('queueTrigger').map((name) => triggerOf(name))).toMatchObject(
      QUEUES.map((queueName) => ({ queueName, connection: 'AzureWebJobsStorage' })),
    );
  });

  it('relay every container with a journal, for ever, from its beginning', () => {
    const journaled = Object.entries(CONTAINERS).filter(([, { journaled }]) => journaled);

    expect(namesOf('cosmosDBTrigger').map((name) => [name, triggerOf(name)])).toMatchObject(
      journaled.map(([container]) => [
        `relay-journal-${container}`,
        { databaseName: 'slipway', containerName: container, leaseContainerName: 'leases', startFromBeginning: true },
      ]),
    );
    for (const name of namesOf('cosmosDBTrigger')) {
      expect(registrations.get(name)?.metadata.retryOptions).toMatchObject({ maxRetryCount: -1 });
    }
  });

  it('sweep once a minute', () => {
    expect(namesOf('timerTrigger').map((name) => [name, triggerOf(name)?.['schedule']])).toEqual([
      ['sweep', '0 * * * * *'],
    ]);
  });

  it('are registered by main and register-route alone', () => {
    const main = readFileSync(new URL('../../functions/main.ts', import.meta.url), 'utf8');

    expect(main).toContain("import { app } from '@azure/functions';");
  });
});
