import { join } from 'node:path';
import { ContainerLog } from './container-log.ts';
import { livenessOf, servableEnvironment } from './deployment-rules.ts';
import { ImageCache } from './image-cache.ts';
import { ModelServer } from './model-server.ts';
import type { DeploymentRecord } from './records.ts';
import { deploymentKey, type Workspace } from './workspace.ts';

/** The running servers and the logs of all deployments. */
export class Fleet {
  readonly #workspace: Workspace;
  readonly #images: ImageCache;
  readonly #servers = new Map<string, ModelServer>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #starting = new Set<ModelServer>();
  readonly #logs = new Map<string, { readonly server: ContainerLog; readonly storage: ContainerLog }>();

  #isClosed = false;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    this.#images = new ImageCache(join(workspace.options.dataDir, 'images'), workspace.options.images);
  }

  /** The server that answers for a deployment, ready or not; undefined when it has none. */
  server(endpoint: string, deployment: string): ModelServer | undefined {
    return this.#servers.get(deploymentKey(endpoint, deployment));
  }

  logs(endpoint: string, deployment: string): { readonly server: ContainerLog; readonly storage: ContainerLog } {
    const key = deploymentKey(endpoint, deployment);
    const { clock } = this.#workspace;
    const logs = this.#logs.get(key) ?? { server: new ContainerLog(clock), storage: new ContainerLog(clock) };
    this.#logs.set(key, logs);
    return logs;
  }

  /**
   * Brings up a server for the deployment as it is now and, once it is ready, lets it take over.
   *
   * @returns false when it did not become ready; the server before it, if any, goes on
   * @throws what the image source throws
   */
  async replace(record: DeploymentRecord): Promise<boolean> {
    const server = await this.#newServer(record);
    if (!this.#isWanted(record)) return false;
    // Taken up again after a restart, an update has no server before it: requests wait for this one.
    const isFirst = record.state === 'Updating' && this.server(record.endpoint, record.name) === undefined;
    if (isFirst) this.#install(record, server);
    this.#starting.add(server);
    const isReady = await server.start().finally(() => this.#starting.delete(server));
    if (isReady && this.#isWanted(record)) this.#install(record, server);
    else await this.#discard(record, server);
    return isReady;
  }

  /**
   * Starts a deployment that was up before; requests wait for it meanwhile.
   *
   * @throws what the image source throws
   */
  async restart(record: DeploymentRecord): Promise<void> {
    const server = await this.#newServer(record);
    if (!this.#isWanted(record)) return;
    this.#install(record, server);
    // Not awaited: it goes on trying by itself.
    void server.start();
  }

  /** Takes the deployment's server out of service, lets it finish, ends it. */
  async remove(endpoint: string, deployment: string): Promise<void> {
    const key = deploymentKey(endpoint, deployment);
    const server = this.#servers.get(key);
    this.#servers.delete(key);
    this.#logs.delete(key);
    await server?.stop(this.#workspace.timing.drainTimeoutMs);
  }

  /** Ends every container; what is in flight gets `drainMs`. */
  async close(drainMs: number): Promise<void> {
    this.#isClosed = true;
    const servers = [...this.#servers.values(), ...this.#starting];
    this.#servers.clear();
    await Promise.all(servers.map((server) => server.stop(drainMs)));
    await Promise.all(this.#leaving);
  }

  /** False when the deployment was removed or put again meanwhile, or everything is being closed. */
  #isWanted({ endpoint, name, operationId }: DeploymentRecord): boolean {
    const current = this.#workspace.deployments.get(deploymentKey(endpoint, name));
    return !this.#isClosed && current?.operationId === operationId;
  }

  #install({ endpoint, name }: DeploymentRecord, server: ModelServer): void {
    const key = deploymentKey(endpoint, name);
    const before = this.#servers.get(key);
    this.#servers.set(key, server);
    if (before === undefined || before === server) return;
    const leaving = before.stop(this.#workspace.timing.drainTimeoutMs);
    this.#leaving.add(leaving);
    void leaving.finally(() => this.#leaving.delete(leaving));
  }

  async #discard({ endpoint, name }: DeploymentRecord, server: ModelServer): Promise<void> {
    const key = deploymentKey(endpoint, name);
    if (this.#servers.get(key) === server) this.#servers.delete(key);
    await server.stop(0);
  }

  async #newServer(record: DeploymentRecord): Promise<ModelServer> {
    const { timing, options } = this.#workspace;
    const { endpoint, name, body } = record;
    const { image, routes } = servableEnvironment(this.#workspace, body);
    const logs = this.logs(endpoint, name);
    logs.storage.line(`pulling ${image}`);
    const { rootfs, config } = await this.#images.get(image).catch((error: unknown) => {
      logs.storage.line(`pull failed: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    });
    logs.storage.line('image is unpacked');
    const spec = {
      ...{ rootfs, config },
      runDir: join(options.dataDir, 'run'),
      environmentVariables: body.properties.environmentVariables,
      pythons: options.pythons ?? {},
      routes: {
        liveness: routes.livenessRoute.path,
        readiness: routes.readinessRoute.path,
        scoring: routes.scoringRoute.path,
      },
      liveness: { ...livenessOf(body), ...this.#livenessPeriod(timing.livenessPeriodMs) },
    };
    return new ModelServer(spec, timing, logs.server);
  }

  #livenessPeriod(periodMs: number): { periodMs?: number } {
    return this.#workspace.options.timing?.livenessPeriodMs === undefined ? {} : { periodMs };
  }
}
