import { createSignedUrls } from '../shared/artifacts/signed-urls.ts';
import { createMonitorStore } from '../shared/drift/monitor-store.ts';
import { createDeliveryStore } from '../shared/notify/delivery-store.ts';
import { createAlertRuleStore, createChannelStore, createSettingsStore } from '../shared/notify/settings-store.ts';
import { createWebhookDeliveryStore } from '../shared/notify/webhooks/delivery-store.ts';
import { createWebhookStore } from '../shared/notify/webhooks/webhook-store.ts';
import { createHttpConverter } from '../shared/packaging/conversion/http-converter.ts';
import { createFolderFiles } from '../shared/packaging/files/folder-files.ts';
import { createModelSource } from '../shared/packaging/files/model-source.ts';
import { createOriginFiles } from '../shared/packaging/files/origin-files.ts';
import { imageReference } from '../shared/packaging/image/image-name.ts';
import { createPackageStore } from '../shared/packaging/package-store.ts';
import { createSweepStore } from '../shared/packaging/sweep/sweep-store.ts';
import { parseConfig } from '../shared/platform/config.ts';
import type { Documents } from '../shared/platform/documents.ts';
import { createEgress } from '../shared/platform/http/egress.ts';
import { createLogger } from '../shared/platform/logging.ts';
import { createParkingLot } from '../shared/platform/parking.ts';
import type { ContainerName } from '../shared/platform/resources.ts';
import { createSecretBox } from '../shared/platform/secrets.ts';
import { durationMs, systemClock } from '../shared/platform/time.ts';
import type { OriginServer } from '../shared/registry/mirror/origin-server.ts';
import { createRegistryStore } from '../shared/registry/store.ts';
import { createPolicyStore } from '../shared/rollout/policy-store.ts';
import { createRolloutStore } from '../shared/rollout/rollout-store.ts';
import { createLoggedModelStore } from '../shared/tracking/logged-models/store.ts';
import { createTrackingStore } from '../shared/tracking/store.ts';
import { accessServices } from './access.ts';
import { createClients } from './clients.ts';
import { environmentServices } from './environments.ts';
import { writeLine } from './invocation-log.ts';
import {
  championOf,
  foreignModelsOf,
  modelUsesOf,
  packagesOf,
  packageUsesOf,
  registryTagsOf,
  runsOf,
  trackedArtifactsOf,
} from './neighbours.ts';

/** Of each model, whatever their age. */
const KEPT_PACKAGES = 3;

/**
 * The composition root: everything the functions need, built once per worker from the settings.
 *
 * @throws SlipwayError INVALID_STATE naming every setting that is missing or wrong
 */
export const createServices = (environment: Readonly<Record<string, string | undefined>>) => {
  const config = parseConfig(environment);
  const { models, azureMlFiles, documents, entra, ...clients } = createClients(config);
  const privateEgress = config.PRIVATE_EGRESS;
  const clock = systemClock;
  const log = createLogger(writeLine, config.LOG_LEVEL);
  const mirroring = {
    origins: createSettingsStore<OriginServer>(documents('settings'), 'origin'),
    secrets: createSecretBox(config.SECRETS_KEY),
    signedUrls: createSignedUrls({ secretsKey: config.SECRETS_KEY, publicUrl: config.PUBLIC_URL, clock }),
    egress: createEgress(privateEgress),
  };
  const registry = {
    registry: createRegistryStore(documents('registry')),
    packageStore: createPackageStore(documents('registry')),
    clock,
  };
  const tracking = {
    trackingStore: createTrackingStore(documents('tracking')),
    loggedModels: createLoggedModelStore(documents('tracking')),
    clock,
  };
  const rollouts = createRolloutStore(documents('endpoints'));
  return {
    ...clients,
    ...registry,
    ...tracking,
    tracked: trackedArtifactsOf(tracking, log),
    runs: runsOf({ ...tracking, tracking: documents('tracking') }),
    ...journaling(documents),
    ...accessServices(config, { settings: documents('settings'), clock, log, entra }),
    log,
    ...mirroring,
    privateEgress,
    publicUrl: config.PUBLIC_URL,
    eventSource: config.EVENT_SOURCE,
    relayPollMs: config.RELAY_POLL_MS,
    // packaging
    modelSource: createModelSource({
      blobs: clients.blobs,
      ownHosts: [new URL(config.PUBLIC_URL).host],
      azureMlFiles,
      originFiles: createOriginFiles(mirroring),
    }),
    server: createFolderFiles(config.SCORING_SERVER_DIR),
    converter:
      config.CONVERTER_URL === undefined
        ? undefined
        : createHttpConverter({ url: config.CONVERTER_URL, key: config.CONVERTER_KEY }),
    base: config.BASE_IMAGE === undefined ? undefined : imageReference(config.BASE_IMAGE, clients.images.registry),
    profile: { encoding: config.LAYER_ENCODING },
    ...environmentServices(config, {
      ...clients,
      documents: documents('registry'),
      egress: mirroring.egress,
      clock,
      log,
    }),
    foreignModels: foreignModelsOf(models),
    sweepStore: createSweepStore(documents('registry')),
    packageUses: packageUsesOf({ rollouts, endpoints: clients.endpoints, registry: registry.registry }),
    retention:
      config.PACKAGE_RETENTION === undefined
        ? undefined
        : { keepLast: KEPT_PACKAGES, minAgeMs: durationMs(config.PACKAGE_RETENTION) },
    // rollout
    rollouts,
    policies: createPolicyStore(documents('settings'), clock),
    packages: packagesOf(registry),
    champion: championOf(registry),
    modelUses: modelUsesOf({ rollouts, endpoints: clients.endpoints, log }),
    defaultInstanceType: config.INSTANCE_TYPE,
    // drift and notify
    monitors: createMonitorStore(documents('monitors')),
    alertRules: createAlertRuleStore(documents('settings')),
    channels: createChannelStore(documents('settings')),
    notifications: createDeliveryStore(documents('deliveries')),
    webhooks: createWebhookStore(documents('settings')),
    webhookDeliveries: createWebhookDeliveryStore(documents('deliveries')),
    registryTags: registryTagsOf(registry),
  };
};

export type Services = ReturnType<typeof createServices>;

type DocumentsOf = (name: ContainerName) => Documents;

/** What reads the journal, the parking lot and the wake-ups across all containers. */
const journaling = (documents: DocumentsOf) => ({
  tracking: documents('tracking'),
  parkingLot: createParkingLot(documents('deliveries')),
  journals: {
    registry: documents('registry'),
    endpoints: documents('endpoints'),
    monitors: documents('monitors'),
    tracking: documents('tracking'),
    deliveries: documents('deliveries'),
    settings: documents('settings'),
  },
  wakingKinds: [
    { documents: documents('registry'), kind: 'package' },
    { documents: documents('registry'), kind: 'environment' },
    { documents: documents('endpoints'), kind: 'rollout' },
    { documents: documents('deliveries'), kind: 'notification' },
    { documents: documents('deliveries'), kind: 'webhook-delivery' },
  ],
});
