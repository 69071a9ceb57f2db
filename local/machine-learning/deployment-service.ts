import { setTimeout as sleep } from 'node:timers/promises';
import { ArmError, notFound, stillUpdating, userError } from './arm-error.ts';
import { withoutReadOnly } from './arm-resources.ts';
import { checkDeployment, keepsContainers, modelIds } from './deployment-rules.ts';
import { checkEndpointReady } from './endpoint-service.ts';
import type { Fleet } from './fleet.ts';
import { beginOperation, endOperation, failureOf, type OperationFailure } from './operations.ts';
import type { DeploymentBody, DeploymentRecord, EndpointRecord, OperationRecord } from './records.ts';
import { deploymentKey, endpointKey, type Workspace } from './workspace.ts';

const LOG_TAIL = 20;
const RESTART_DELAY_MS = 2_000;

/** Online deployments: what may be put, and how it comes up and goes away. */
export class DeploymentService {
  readonly #workspace: Workspace;
  readonly #fleet: Fleet;
  readonly #closed: AbortSignal;

  constructor(workspace: Workspace, fleet: Fleet, closed: AbortSignal) {
    this.#workspace = workspace;
    this.#fleet = fleet;
    this.#closed = closed;
  }

  /** @throws ArmError 404 */
  get(endpoint: string, name: string): DeploymentRecord {
    this.endpoint(endpoint);
    const record = this.#workspace.deployments.get(deploymentKey(endpoint, name));
    if (record === undefined) throw notFound(`The online deployment '${name}' of the endpoint '${endpoint}'`);
    return record;
  }

  /** @throws ArmError 404 */
  endpoint(name: string): EndpointRecord {
    const record = this.#workspace.endpoints.get(endpointKey(name));
    if (record) return record;
    throw new ArmError(404, 'ParentResourceNotFound', `The online endpoint '${name}' was not found.`);
  }

  /** Accepts a whole deployment; it serves when the operation succeeds. */
  put(
    endpointName: string,
    name: string,
    body: DeploymentBody,
  ): { readonly created: boolean; readonly record: DeploymentRecord } {
    const endpoint = this.endpoint(endpointName);
    checkEndpointReady(endpoint);
    checkDeployment(this.#workspace, endpoint.name, name, body);
    if (this.#workspace.faults.takeConflict()) {
      throw stillUpdating(`Cannot create a deployment in endpoint '${endpoint.name}'`, 'Updating');
    }
    const current = this.#workspace.deployments.get(deploymentKey(endpoint.name, name));
    if (current) this.#checkIdle(current, 'update');
    const wish = { ...body, properties: withoutReadOnly(body.properties) };
    const now = this.#workspace.clock();
    const operation = this.#begin('put-deployment', endpoint.name, name);
    const record: DeploymentRecord = {
      ...{ endpoint: endpoint.name, name: current?.name ?? name, body: wish },
      state: current ? 'Updating' : 'Creating',
      operationId: operation.id,
      createdAt: current?.createdAt ?? now,
      modifiedAt: now,
    };
    this.#save(record);
    const isLight = current?.state === 'Succeeded' && keepsContainers(current.body, wish);
    this.#run(this.#provision(record, isLight));
    return { created: current === undefined, record };
  }

  /** Replaces tags and instance count only, which is all that a PATCH of the service can do. */
  patch(endpoint: string, name: string, change: Partial<Pick<DeploymentBody, 'tags' | 'sku'>>): OperationRecord {
    const { body } = this.get(endpoint, name);
    const { record } = this.put(endpoint, name, { ...body, ...change });
    return this.#operation(record);
  }

  /**
   * Undefined when there is none.
   *
   * @throws ArmError 400 while it takes live traffic, 409 while another operation runs
   */
  delete(endpointName: string, name: string): OperationRecord | undefined {
    const endpoint = this.#workspace.endpoints.get(endpointKey(endpointName));
    const current = this.#workspace.deployments.get(deploymentKey(endpointName, name));
    if (endpoint === undefined || current === undefined) return undefined;
    if (endpoint.state !== 'Succeeded' && endpoint.state !== 'Failed') {
      throw stillUpdating(`Cannot delete a deployment of endpoint '${endpoint.name}'`, endpoint.state);
    }
    this.#checkIdle(current, 'delete');
    const { traffic, mirrorTraffic } = endpoint.body.properties;
    if ((traffic[current.name] ?? 0) > 0 || (mirrorTraffic[current.name] ?? 0) > 0) {
      throw userError('DeploymentHasTraffic', `The deployment '${name}' still takes traffic. Set it to 0 first.`);
    }
    const operation = this.#begin('delete-deployment', endpoint.name, current.name);
    this.#save({ ...current, state: 'Deleting', operationId: operation.id, modifiedAt: this.#workspace.clock() });
    this.#run(this.remove(endpoint.name, current.name).then(() => endOperation(this.#workspace, operation.id)));
    return operation;
  }

  /** Drains and ends a deployment, whatever it is doing. */
  async remove(endpoint: string, name: string): Promise<void> {
    await this.#fleet.remove(endpoint, name);
    this.#workspace.deployments.delete(deploymentKey(endpoint, name));
  }

  /**
   * Starts what was up when the emulator ended, and finishes what was under way.
   *
   * @returns when every deployment that was up takes requests again, or its first attempt failed
   */
  async resume(): Promise<void> {
    const restarts: Promise<void>[] = [];
    for (const record of this.#workspace.deployments.all()) {
      if (record.state === 'Succeeded') restarts.push(this.#restart(record));
      else if (record.state === 'Creating' || record.state === 'Updating') this.#run(this.#provision(record, false));
      else if (record.state === 'Deleting') {
        const ended = () => endOperation(this.#workspace, record.operationId);
        this.#run(this.remove(record.endpoint, record.name).then(ended));
      }
    }
    await Promise.all(restarts);
  }

  /** Never gives up on a deployment whose image cannot be had right now. */
  async #restart(record: DeploymentRecord): Promise<void> {
    try {
      await this.#fleet.restart(record);
    } catch (error) {
      this.#workspace.log('deployment could not be started again', { name: record.name, error: String(error) });
      const later = async (): Promise<void> => {
        await sleep(RESTART_DELAY_MS, undefined, { signal: this.#closed });
        await this.#restart(record);
      };
      this.#run(later());
    }
  }

  #begin(action: 'put-deployment' | 'delete-deployment', endpoint: string, deployment: string): OperationRecord {
    return beginOperation(this.#workspace, { action, endpoint, deployment });
  }

  #operation({ operationId }: DeploymentRecord): OperationRecord {
    const operation = this.#workspace.operations.get(operationId);
    if (operation === undefined) throw notFound('The operation');
    return operation;
  }

  #save(record: DeploymentRecord): void {
    this.#workspace.deployments.put(deploymentKey(record.endpoint, record.name), record);
  }

  #checkIdle({ name, state }: DeploymentRecord, verb: string): void {
    if (state === 'Creating' || state === 'Updating' || state === 'Deleting') {
      throw stillUpdating(`Cannot ${verb} the deployment '${name}'`, state);
    }
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#closed.aborted) this.#workspace.log('deployment operation failed', { error: String(error) });
    });
  }

  async #provision(record: DeploymentRecord, isLight: boolean): Promise<void> {
    const failure = await this.#bringUp(record, isLight);
    const current = this.#workspace.deployments.get(deploymentKey(record.endpoint, record.name));
    // Closed meanwhile: the next start takes it up again. Replaced meanwhile: not ours any more.
    if (this.#closed.aborted || current?.operationId !== record.operationId) return;
    this.#save({ ...current, state: failure ? 'Failed' : 'Succeeded' });
    endOperation(this.#workspace, record.operationId, failure);
    if (failure === undefined && !isLight) await this.#announce(record);
  }

  async #bringUp(record: DeploymentRecord, isLight: boolean): Promise<OperationFailure | undefined> {
    if (this.#workspace.faults.takeDeploymentFailure(record.name)) return createFailed('OutOfCapacity', 'No capacity.');
    try {
      await sleep(this.#workspace.timing.provisioningDelayMs, undefined, { signal: this.#closed });
      if (isLight || (await this.#fleet.replace(record))) return undefined;
      const tail = this.#fleet.logs(record.endpoint, record.name).server.tail(LOG_TAIL);
      return createFailed('ResourceNotReady', `The container did not become ready. Its last log lines:\n${tail}`);
    } catch (error) {
      const { code, message } = failureOf(error);
      return createFailed(code === 'InternalServerError' ? 'ResourceNotFound' : code, message);
    }
  }

  async #announce(record: DeploymentRecord): Promise<void> {
    await this.#workspace.emit('ModelDeployed', `endpoints/${record.endpoint}`, {
      ServiceName: record.endpoint,
      ServiceComputeType: 'Managed',
      ModelIds: modelIds(record),
      ServiceTags: record.body.tags,
      ServiceProperties: record.body.properties.properties,
    });
  }
}

const createFailed = (code: string, message: string): OperationFailure => ({
  code,
  message: 'The deployment could not be created.',
  details: [{ code, message }],
});
