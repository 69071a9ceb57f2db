import { app } from '@azure/functions';
import { DATABASE } from '../shared/platform/resources.ts';
import { deploymentChanged } from './events/deployment-changed.ts';
import { driftDetected } from './events/drift-detected.ts';
import { type EventHandler, receiveEvent } from './events/handler.ts';
import { imagePushed } from './events/image-pushed.ts';
import { modelChanged } from './events/model-changed.ts';
import { modelRegistered } from './events/model-registered.ts';
import { notify } from './events/notify.ts';
import { originChanged } from './events/origin-changed.ts';
import { runCompleted } from './events/run-completed.ts';
import { RELAYED, relayDocuments } from './feeds/relay-journal.ts';
import { apiRoutes } from './http/api/routes.ts';
import { mlflowRoutes } from './http/mlflow/routes.ts';
import { mlflowWebhook } from './http/mlflow/webhook.ts';
import { registerRoute } from './http/register-route.ts';
import { unknownRoutes } from './http/unknown-routes.ts';
import { withInvocationLog } from './invocation-log.ts';
import { advanceRolloutHandler } from './queues/advance-rollout.ts';
import { buildEnvironmentHandler } from './queues/build-environment.ts';
import { buildPackageHandler } from './queues/build-package.ts';
import { deliverNotificationHandler } from './queues/deliver-notification.ts';
import { type QueueHandler, receiveMessage } from './queues/handler.ts';
import { createServices, type Services } from './services.ts';
import { sweep } from './timers/sweep.ts';

/** Every function of the app, in the order of DESIGN: this is the whole list of what the host runs. */
const services = createServices(process.env);

app.setup({ enableHttpStream: true });
app.hook.preInvocation((hook) => {
  hook.functionHandler = withInvocationLog(hook.functionHandler);
});

for (const route of mlflowRoutes) registerRoute(route, services);
for (const route of apiRoutes) registerRoute(route, services);
registerRoute(mlflowWebhook, services);
for (const route of unknownRoutes) registerRoute(route, services, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

const eventHandlers: readonly EventHandler<Services>[] = [
  modelRegistered,
  modelChanged,
  deploymentChanged,
  driftDetected,
  runCompleted,
  originChanged,
  imagePushed,
  notify,
];
for (const handler of eventHandlers) {
  app.eventGrid(handler.name, { handler: (event, context) => receiveEvent(handler, event, services, context) });
}

// biome-ignore lint/suspicious/noExplicitAny: a list holds handlers of every message type; each parses its own
const queueHandlers: readonly QueueHandler<Services, any>[] = [
  buildPackageHandler,
  buildEnvironmentHandler,
  advanceRolloutHandler,
  deliverNotificationHandler,
];
for (const handler of queueHandlers) {
  app.storageQueue(handler.queue, {
    queueName: handler.queue,
    connection: 'AzureWebJobsStorage',
    handler: (message, context) => receiveMessage(handler, message, services, context),
  });
}

for (const container of RELAYED) {
  app.cosmosDB(`relay-journal-${container}`, {
    connection: 'COSMOS',
    databaseName: DATABASE,
    containerName: container,
    leaseContainerName: 'leases',
    leaseContainerPrefix: container,
    startFromBeginning: true,
    feedPollDelay: services.relayPollMs,
    // Endless: an entry that is not told would be a second truth. What no topic ever takes is parked.
    retry: {
      strategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 1 },
      maximumInterval: { minutes: 1 },
    },
    handler: (documents: readonly unknown[]) => relayDocuments(documents, services),
  });
}

app.timer('sweep', { schedule: '0 * * * * *', handler: () => sweep(services) });
