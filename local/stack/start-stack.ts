import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCosmosClient } from '../../shared/azure/cosmos/create-cosmos-client.ts';
import { type Azurite, startAzurite } from '../azurite/start-azurite.ts';
import { ensureCosmosContainers } from '../cosmos/ensure-containers.ts';
import { loadKeys } from '../host/keys.ts';
import { findPythons, type Python } from '../python/find-pythons.ts';
import { appSettings, type StackAccess, type WheelSettings } from './app-settings.ts';
import { type Credentials, loadCredentials } from './credentials.ts';
import { externalHost } from './external-host.ts';
import { type Ports, portsInUse } from './ports.ts';
import { prepareStorage } from './prepare-storage.ts';
import { toEnvironment } from './stack-environment.ts';
import { type Supervised, supervise } from './supervise.ts';
import { writeSubscriptions } from './write-subscriptions.ts';

export interface StackOptions extends StackAccess {
  readonly ports: Ports;
  readonly dataDir: string;
  /** Told in one line what a person should know, such as a part that had to be started again. */
  readonly report: (line: string) => void;
  /** Where packages of Python models come from; without it PyPI, and what was fetched is kept with the data. */
  readonly wheels?: Partial<WheelSettings>;
  /** Leaves the Functions host to somebody else, who finds its settings in this `local.settings.json`. */
  readonly settingsFile?: string;
}

/** The embedded stack, up and ready. */
export interface Stack {
  readonly urls: { readonly api: string; readonly azure: string; readonly cosmos: string };
  readonly credentials: Credentials;
  readonly storageConnectionString: string;
  /** The Functions host alone: crash tests kill it and start it again. */
  readonly host: Supervised;
  stop(): Promise<void>;
}

interface Parts {
  azurite?: Azurite;
  cosmos?: Supervised;
  azure?: Supervised;
  host?: Supervised;
}

const READY_WITHIN_MS = 30_000;

/** A message that a killed host had in hand comes back after this; in Azure it takes ten minutes. */
const QUEUE_LEASE_MS = 5_000;

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const DIE_WITH_PARENT = ['--import', new URL('./die-with-parent.ts', import.meta.url).href];

/**
 * Starts everything and resolves when the host serves and every subscription is in place. Data of an earlier run in
 * the same folder is taken up where it was left.
 *
 * @throws Error naming the ports that are taken, before anything starts; or saying which part did not start, with the
 * end of its log, and what had started is stopped again
 */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  const { ports, report } = options;
  const dataDir = resolve(options.dataDir);
  await assertPortsFree(options);
  const credentials = await loadCredentials(dataDir);
  const urls = { api: at(ports.host), azure: at(ports.azure), cosmos: at(ports.cosmos) };
  const logFile = (name: string): string => join(dataDir, 'logs', `${name}.log`);
  const part: PartFactory = (name, args, env) =>
    supervise(
      { name, args: [...DIE_WITH_PARENT, ...args], env, logFile: logFile(name), readyWithinMs: READY_WITHIN_MS },
      report,
    );

  const parts: Parts = {};
  try {
    const [azurite, pythons] = await Promise.all([
      startStorage(parts, part, { ports, dataDir, credentials, logFile: logFile('azurite') }),
      findPythons(),
    ]);
    if (pythons.length === 0) report('no Python 3 was found: models of Python flavours are refused');
    const host = await startServices(parts, part, { ports, dataDir, credentials, azurite, pythons, options });
    await writeSubscriptions({ armEndpoint: urls.azure, armToken: credentials.armToken });
    const { connectionString: storageConnectionString } = azurite;
    return { urls, credentials, storageConnectionString, host, stop: () => stopAll(parts) };
  } catch (error) {
    await stopAll(parts);
    throw error;
  }
};

/** A host that somebody else starts may be there already. */
const assertPortsFree = async ({ ports, settingsFile }: StackOptions): Promise<void> => {
  const taken = (await portsInUse(ports)).filter((port) => settingsFile === undefined || port !== ports.host);
  if (taken.length > 0) throw new Error(`port ${taken.join(', ')} is in use by another process`);
};

type PartFactory = (name: string, args: readonly string[], env: Record<string, string>) => Supervised;

const at = (port: number): string => `http://127.0.0.1:${port}`;

interface StorageOptions {
  readonly ports: Ports;
  readonly dataDir: string;
  readonly credentials: Credentials;
  readonly logFile: string;
}

/** What keeps data: Azurite and the Cosmos emulator, with every container and queue in place. */
const startStorage = async (parts: Parts, part: PartFactory, options: StorageOptions): Promise<Azurite> => {
  const { ports, dataDir, credentials, logFile } = options;
  parts.cosmos = part(
    'cosmos',
    [script('../cosmos/main.ts'), '--port', String(ports.cosmos), '--data-dir', join(dataDir, 'cosmos')],
    { COSMOS_EMULATOR_KEY: credentials.cosmosKey },
  );
  const startBlobs = async (): Promise<Azurite> => {
    parts.azurite = await startAzurite({
      location: join(dataDir, 'azurite'),
      blobPort: ports.blob,
      queuePort: ports.queue,
      logFile,
    });
    await prepareStorage(parts.azurite.connectionString);
    return parts.azurite;
  };
  const startDocuments = async (): Promise<void> => {
    await parts.cosmos?.start();
    await ensureCosmosContainers(createCosmosClient({ endpoint: at(ports.cosmos), key: credentials.cosmosKey }));
  };
  const [azurite] = await Promise.all([startBlobs(), startDocuments()]);
  return azurite;
};

interface ServicesOptions {
  readonly ports: Ports;
  readonly dataDir: string;
  readonly credentials: Credentials;
  readonly azurite: Azurite;
  readonly pythons: readonly Python[];
  readonly options: StackOptions;
}

/** What works on the data: the Azure emulator and the Functions host. */
const startServices = async (parts: Parts, part: PartFactory, services: ServicesOptions): Promise<Supervised> => {
  const { ports, dataDir, credentials, azurite, pythons, options } = services;
  const { topicKey, armToken } = credentials;
  const { connectionString: storageConnectionString, blobEndpoint, queueEndpoint } = azurite;
  const systemKey = await webhookKey(dataDir, options);
  parts.azure = part(
    'azure',
    [script('azure.ts')],
    toEnvironment({
      ...{ ports, dataDir, topicKey, armToken, storageConnectionString, systemKey },
      pythons: Object.fromEntries(pythons.map(({ minor, path }) => [minor, path])),
      registry: options.registry,
    }),
  );
  const wheels = { WHEEL_CACHE: join(dataDir, 'wheels'), ...options.wheels };
  const settings = appSettings(
    { ports, credentials, storageConnectionString, blobEndpoint, queueEndpoint, pythons, wheels },
    options,
  );
  const { settingsFile, report } = options;
  const host =
    settingsFile === undefined
      ? part('host', [...hostArguments(ports, dataDir), ...(options.auth ? ['--enforce-keys'] : [])], settings)
      : externalHost({ url: at(ports.host), settingsFile, settings, report });
  parts.host = host;
  await Promise.all([parts.azure.start(), host.start()]);
  return host;
};

/** Key of the host's Event Grid webhook: where clients must show a token, nobody else may send events either. */
const webhookKey = async (dataDir: string, { auth, settingsFile }: StackOptions): Promise<string | undefined> =>
  auth && settingsFile === undefined
    ? (await loadKeys(join(dataDir, 'host'))).system['eventgrid_extension']
    : undefined;

const hostArguments = (ports: Ports, dataDir: string): readonly string[] => [
  script('../host/main.ts'),
  ...['--port', String(ports.host), '--data-dir', join(dataDir, 'host')],
  ...['--app', script('../../functions/main.ts'), '--queue-lease-ms', String(QUEUE_LEASE_MS)],
];

/** First those who work, then those who keep data. */
const stopAll = async ({ host, azure, cosmos, azurite }: Parts): Promise<void> => {
  await Promise.all([host?.stop(), azure?.stop()]);
  await Promise.all([cosmos?.stop(), azurite?.close()]);
};
