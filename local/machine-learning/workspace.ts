import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../shared/platform/time.ts';
import { Faults } from './faults.ts';
import { FileStore } from './file-store.ts';
import { DEFAULT_TIMING, type EmitEvent, type MachineLearningOptions, type Timing } from './options.ts';
import {
  type AssetRecord,
  assetRecord,
  type DeploymentRecord,
  deploymentRecord,
  type EndpointRecord,
  endpointRecord,
  type OperationRecord,
  operationRecord,
} from './records.ts';

/** What every part of the emulator works on: the stored records, the settings, the clock. */
export interface Workspace {
  readonly options: MachineLearningOptions;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly random: () => number;
  readonly location: string;
  readonly faults: Faults;
  readonly endpoints: FileStore<EndpointRecord>;
  readonly deployments: FileStore<DeploymentRecord>;
  readonly environments: FileStore<AssetRecord>;
  readonly models: FileStore<AssetRecord>;
  readonly operations: FileStore<OperationRecord>;
  /** Publishes an event; what goes wrong there is logged, because the change it tells of has happened. */
  readonly emit: (...event: Parameters<EmitEvent>) => Promise<void>;
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** Opens the workspace kept in the options' directory. */
export const openWorkspace = (options: MachineLearningOptions): Workspace => {
  const log = options.log ?? (() => undefined);
  const dir = (name: string): string => join(options.dataDir, 'records', name);
  return {
    options,
    timing: { ...DEFAULT_TIMING, ...options.timing },
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    location: options.location ?? 'westeurope',
    faults: new Faults(),
    endpoints: new FileStore(dir('endpoints'), endpointRecord),
    deployments: new FileStore(dir('deployments'), deploymentRecord),
    environments: new FileStore(dir('environments'), assetRecord),
    models: new FileStore(dir('models'), assetRecord),
    operations: new FileStore(dir('operations'), operationRecord),
    emit: async (...event) => {
      try {
        await options.emit?.(...event);
      } catch (error) {
        log('event was not published', { type: event[0], subject: event[1], error: String(error) });
      }
    },
    log,
  };
};

/** Endpoint and deployment names do not differ by case alone. */
export const endpointKey = (endpoint: string): string => endpoint.toLowerCase();

export const deploymentKey = (endpoint: string, deployment: string): string =>
  `${endpoint.toLowerCase()}/${deployment.toLowerCase()}`;

/** Names of models and environments do. */
export const assetKey = (name: string, version: string): string => `${name}/${version}`;

export const deploymentsOf = (workspace: Workspace, endpoint: string): DeploymentRecord[] =>
  workspace.deployments.all().filter((each) => endpointKey(each.endpoint) === endpointKey(endpoint));

export const newKey = (): string => randomBytes(24).toString('base64url');
