import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyPluginAsync } from 'fastify';
import { registerArmRules } from './arm-routes.ts';
import { registerAssetRoutes } from './asset-routes.ts';
import { DataCollector } from './data-collector.ts';
import { registerDatastoreRoutes } from './datastore-routes.ts';
import { registerDeploymentRoutes } from './deployment-routes.ts';
import { DeploymentService } from './deployment-service.ts';
import { registerEndpointRoutes } from './endpoint-routes.ts';
import { EndpointService } from './endpoint-service.ts';
import { registerFaultRoutes } from './fault-routes.ts';
import { Fleet } from './fleet.ts';
import { registerMetricsRoutes } from './metrics-routes.ts';
import { MetricsStore } from './metrics-store.ts';
import { forgetOldOperations } from './operations.ts';
import type { MachineLearningOptions } from './options.ts';
import { reapOrphans } from './orphans.ts';
import { Scoring } from './scoring.ts';
import { registerScoringRoutes } from './scoring-routes.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const DEFAULT_MAX_REQUEST_BYTES = 1_572_864;
const CLOSE_DRAIN_MS = 2_000;
/** After that the emulator answers although deployments are still missing. */
const RESUME_WITHIN_MS = 5_000;

export interface MachineLearning {
  readonly plugin: FastifyPluginAsync;
  /** Ends every container and writes what is still in memory. */
  close(): Promise<void>;
}

interface Parts {
  readonly workspace: Workspace;
  readonly fleet: Fleet;
  readonly metrics: MetricsStore;
  readonly collector: DataCollector;
  readonly endpoints: EndpointService;
  readonly deployments: DeploymentService;
}

/**
 * An Azure Machine Learning workspace as far as online endpoints need one, as a Fastify plugin: its ARM routes, the
 * scoring URIs, Azure Monitor's metrics, and the data collector. Deployments run their image as processes here.
 *
 * Starts at once whatever the data directory says was running.
 */
export const createMachineLearning = (options: MachineLearningOptions): MachineLearning => {
  const workspace = openWorkspace(options);
  const closed = new AbortController();
  const orphans = reapOrphans(join(options.dataDir, 'run'));
  if (orphans > 0) workspace.log('ended containers of an emulator that was killed', { orphans });
  const parts = createParts(workspace, closed.signal);
  forgetOldOperations(workspace);
  const resumed = parts.deployments.resume();
  parts.endpoints.resume();
  const flushing = setInterval(() => flush(parts), workspace.timing.flushPeriodMs);
  return {
    plugin: async (app) => {
      // Requests find their deployments from the first one on.
      await Promise.race([resumed, sleep(RESUME_WITHIN_MS, undefined, { ref: false })]);
      await register(app, parts);
    },
    close: async () => {
      clearInterval(flushing);
      closed.abort();
      await parts.fleet.close(CLOSE_DRAIN_MS);
      parts.metrics.flush();
      await parts.collector.flush();
    },
  };
};

const createParts = (workspace: Workspace, closed: AbortSignal): Parts => {
  const fleet = new Fleet(workspace);
  const deployments = new DeploymentService(workspace, fleet, closed);
  return {
    workspace,
    fleet,
    deployments,
    endpoints: new EndpointService(workspace, (endpoint, name) => deployments.remove(endpoint, name), closed),
    metrics: new MetricsStore(join(workspace.options.dataDir, 'metrics.jsonl'), workspace.clock),
    collector: new DataCollector(workspace),
  };
};

const flush = ({ workspace, metrics, collector }: Parts): void => {
  metrics.flush();
  collector
    .flush()
    .catch((error: unknown) => workspace.log('collected data was not written', { error: String(error) }));
};

const register: (app: Parameters<FastifyPluginAsync>[0], parts: Parts) => Promise<void> = async (app, parts) => {
  const { workspace, fleet, metrics, collector, endpoints, deployments } = parts;
  await app.register(async (arm) => {
    registerArmRules(arm, workspace);
    registerEndpointRoutes(arm, workspace, endpoints);
    registerDeploymentRoutes(arm, workspace, { service: deployments, fleet });
    registerAssetRoutes(arm, workspace);
    registerDatastoreRoutes(arm, workspace);
    registerMetricsRoutes(arm, workspace, { service: endpoints, metrics });
  });
  await app.register(async (scope) => {
    const maxRequestBytes = workspace.options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES;
    registerScoringRoutes(scope, new Scoring(workspace, fleet, metrics, collector), maxRequestBytes);
  });
  await app.register(async (scope) => registerFaultRoutes(scope, workspace));
};
