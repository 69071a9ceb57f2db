import { createMonitorStore } from '../shared/drift/monitor-store.ts';
import { createDeliveryStore } from '../shared/notify/delivery-store.ts';
import { createAlertRuleStore, createChannelStore } from '../shared/notify/settings-store.ts';
import { createFolderFiles } from '../shared/packaging/folder-files.ts';
import { createModelSource } from '../shared/packaging/model-source.ts';
import { createPackageStore } from '../shared/packaging/package-store.ts';
import { type Config, parseConfig } from '../shared/platform/config.ts';
import type { Documents } from '../shared/platform/documents.ts';
import type { AccessPolicy } from '../shared/platform/http/access.ts';
import { createEgress } from '../shared/platform/http/egress.ts';
import { createLogger } from '../shared/platform/logging.ts';
import { createParkingLot } from '../shared/platform/parking.ts';
import type { ContainerName } from '../shared/platform/resources.ts';
import { createSecretBox } from '../shared/platform/secrets.ts';
import { systemClock } from '../shared/platform/time.ts';
import { createRegistryStore } from '../shared/registry/store.ts';
import { createPolicyStore } from '../shared/rollout/policy-store.ts';
import { createRolloutStore } from '../shared/rollout/rollout-store.ts';
import { createClients } from './clients.ts';
import { writeLine } from './invocation-log.ts';
import { championOf, foreignModelsOf, packagesOf } from './neighbours.ts';

/**
 * The composition root: everything the functions need, built once per worker from the settings.
 *
 * @throws SlipwayError INVALID_STATE naming every setting that is missing or wrong
 */
export const createServices = (environment: Readonly<Record<string, string | undefined>>) => {
  const config = parseConfig(environment);
  const { models, azureMlFiles, documents, ...clients } = createClients(config);
  const privateEgress = config.PRIVATE_EGRESS;
  const clock = systemClock;
  const registry = {
    registry: createRegistryStore(documents('registry')),
    packageStore: createPackageStore(documents('registry')),
    clock,
  };
  return {
    ...clients,
    ...registry,
    ...journaling(documents),
    log: createLogger(writeLine, config.LOG_LEVEL),
    access: accessOf(config),
    secrets: createSecretBox(config.SECRETS_KEY),
    egress: createEgress(privateEgress),
    privateEgress,
    publicUrl: config.PUBLIC_URL,
    eventSource: config.EVENT_SOURCE,
    relayPollMs: config.RELAY_POLL_MS,
    // packaging
    modelSource: createModelSource({ blobs: clients.blobs, ownHosts: [new URL(config.PUBLIC_URL).host], azureMlFiles }),
    server: createFolderFiles(config.SCORING_SERVER_DIR),
    foreignModels: foreignModelsOf(models),
    // rollout
    rollouts: createRolloutStore(documents('endpoints')),
    policies: createPolicyStore(documents('settings'), clock),
    packages: packagesOf(registry),
    champion: championOf(registry),
    defaultInstanceType: config.INSTANCE_TYPE,
    // drift and notify
    monitors: createMonitorStore(documents('monitors')),
    alertRules: createAlertRuleStore(documents('settings')),
    channels: createChannelStore(documents('settings')),
    notifications: createDeliveryStore(documents('deliveries')),
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
  },
  wakingKinds: [
    { documents: documents('registry'), kind: 'package' },
    { documents: documents('endpoints'), kind: 'rollout' },
    { documents: documents('deliveries'), kind: 'notification' },
  ],
});

const accessOf = ({ ACCESS, ACCESS_TOKEN_SHA256 }: Config): AccessPolicy =>
  ACCESS === 'token' && ACCESS_TOKEN_SHA256 !== undefined
    ? { mode: 'token', sha256Hex: ACCESS_TOKEN_SHA256 }
    : { mode: 'open' };
