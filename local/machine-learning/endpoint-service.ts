import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArmError, notFound, stillUpdating, userError } from './arm-error.ts';
import { withoutReadOnly } from './arm-resources.ts';
import { beginOperation, endOperation } from './operations.ts';
import { type EndpointBody, type EndpointRecord, type OperationRecord, RESOURCE_NAME } from './records.ts';
import { positive, trafficError } from './traffic-rules.ts';
import { deploymentsOf, endpointKey, newKey, type Workspace } from './workspace.ts';

const MAX_ENDPOINTS = 100;

/** Ends a deployment without asking whether it takes traffic. */
export type RemoveDeployment = (endpoint: string, deployment: string) => Promise<void>;

/** Online endpoints: what is stored, what may be put, and when it takes effect. */
export class EndpointService {
  readonly #workspace: Workspace;
  readonly #removeDeployment: RemoveDeployment;
  readonly #closed: AbortSignal;

  constructor(workspace: Workspace, removeDeployment: RemoveDeployment, closed: AbortSignal) {
    this.#workspace = workspace;
    this.#removeDeployment = removeDeployment;
    this.#closed = closed;
  }

  /** @throws ArmError 404 */
  get(name: string): EndpointRecord {
    const record = this.#workspace.endpoints.get(endpointKey(name));
    if (record === undefined) throw notFound(`The online endpoint '${name}'`);
    return record;
  }

  /** Accepts a whole endpoint; traffic follows it when the operation succeeds. */
  put(name: string, asked: EndpointBody): { readonly created: boolean; readonly record: EndpointRecord } {
    const { endpoints, clock, faults } = this.#workspace;
    const current = endpoints.get(endpointKey(name));
    this.#check(name, asked, current);
    const wish = storedBody(asked);
    if (faults.takeConflict()) throw stillUpdating(`Cannot update the endpoint '${name}'`, 'Updating');
    if (current) this.#checkIdle(current, 'update');
    const operation = beginOperation(this.#workspace, { action: 'put-endpoint', endpoint: name, wish });
    const record: EndpointRecord = {
      ...(current ?? newEndpoint(name, asked, clock())),
      state: current ? 'Updating' : 'Creating',
      operationId: operation.id,
      modifiedAt: clock(),
    };
    endpoints.put(endpointKey(name), record);
    this.#run(operation);
    return { created: current === undefined, record: { ...record, body: wish } };
  }

  /** Replaces tags and identity only, which is all that a PATCH of the service can do. */
  patch(name: string, change: Partial<Pick<EndpointBody, 'tags' | 'identity'>>): OperationRecord {
    const { body } = this.get(name);
    this.put(name, { ...body, ...change });
    return this.#operation(name);
  }

  /** Undefined when there is none. */
  delete(name: string): OperationRecord | undefined {
    const { endpoints, clock } = this.#workspace;
    const current = endpoints.get(endpointKey(name));
    if (current === undefined) return undefined;
    this.#checkIdle(current, 'delete');
    const operation = beginOperation(this.#workspace, { action: 'delete-endpoint', endpoint: name });
    const state = 'Deleting';
    endpoints.put(endpointKey(name), { ...current, state, operationId: operation.id, modifiedAt: clock() });
    this.#run(operation);
    return operation;
  }

  regenerateKey(name: string, which: 'primaryKey' | 'secondaryKey', value: string = newKey()): OperationRecord {
    const current = this.get(name);
    const operation = beginOperation(this.#workspace, { action: 'regenerate-keys', endpoint: name });
    this.#workspace.endpoints.put(endpointKey(name), { ...current, keys: { ...current.keys, [which]: value } });
    endOperation(this.#workspace, operation.id);
    return operation;
  }

  /** Finishes what was under way when the emulator ended. */
  resume(): void {
    for (const operation of this.#workspace.operations.all()) {
      const isOurs = operation.action === 'put-endpoint' || operation.action === 'delete-endpoint';
      if (isOurs && operation.status === 'InProgress') this.#run(operation);
    }
  }

  #operation(name: string): OperationRecord {
    const record = this.#workspace.operations.get(this.get(name).operationId);
    if (record === undefined) throw notFound('The operation');
    return record;
  }

  #check(name: string, wish: EndpointBody, current: EndpointRecord | undefined): void {
    if (!RESOURCE_NAME.test(name)) throw userError('InvalidEndpointName', `'${name}' is not a valid endpoint name.`);
    if (!current && this.#workspace.endpoints.all().length >= MAX_ENDPOINTS) {
      throw userError('OutOfQuota', `There are ${MAX_ENDPOINTS} endpoints already.`);
    }
    for (const [key, value] of Object.entries(current?.body.properties.properties ?? {})) {
      if (wish.properties.properties[key] !== value) {
        throw userError('ImmutableProperty', `The property '${key}' can be neither changed nor removed.`);
      }
    }
    const refusal = trafficError(wish, deploymentsOf(this.#workspace, name));
    if (refusal) throw refusal;
  }

  #checkIdle({ name, state }: EndpointRecord, verb: string): void {
    if (state === 'Creating' || state === 'Updating' || state === 'Deleting') {
      throw stillUpdating(`Cannot ${verb} the endpoint '${name}'`, state);
    }
  }

  #run(operation: OperationRecord): void {
    const run = operation.action === 'delete-endpoint' ? this.#remove(operation) : this.#apply(operation);
    run.catch((error: unknown) => {
      if (!this.#closed.aborted) this.#workspace.log('endpoint operation failed', { error: String(error) });
    });
  }

  async #apply({ id, endpoint, wish }: OperationRecord): Promise<void> {
    await sleep(this.#workspace.timing.provisioningDelayMs, undefined, { signal: this.#closed });
    const current = this.#workspace.endpoints.get(endpointKey(endpoint));
    if (current === undefined || wish === undefined) return;
    this.#workspace.endpoints.put(endpointKey(endpoint), { ...current, state: 'Succeeded', body: wish });
    endOperation(this.#workspace, id);
  }

  async #remove({ id, endpoint }: OperationRecord): Promise<void> {
    await sleep(this.#workspace.timing.provisioningDelayMs, undefined, { signal: this.#closed });
    const deployments = deploymentsOf(this.#workspace, endpoint);
    await Promise.all(deployments.map((each) => this.#removeDeployment(endpoint, each.name)));
    this.#workspace.endpoints.delete(endpointKey(endpoint));
    endOperation(this.#workspace, id);
  }
}

/** The part of a PUT that is kept: neither keys, which are write-only, nor what the service itself shows on reads. */
const storedBody = (body: EndpointBody): EndpointBody => {
  const { keys: _writeOnly, ...properties } = withoutReadOnly(body.properties);
  const { traffic, mirrorTraffic } = properties;
  return {
    ...body,
    properties: { ...properties, traffic: positive(traffic), mirrorTraffic: positive(mirrorTraffic) },
  };
};

const newEndpoint = (name: string, wish: EndpointBody, now: number): EndpointRecord => ({
  name,
  guid: randomUUID(),
  state: 'Creating',
  operationId: '',
  keys: {
    primaryKey: wish.properties.keys?.primaryKey || newKey(),
    secondaryKey: wish.properties.keys?.secondaryKey || newKey(),
  },
  body: storedBody({ ...wish, properties: { ...wish.properties, traffic: {}, mirrorTraffic: {} } }),
  createdAt: now,
  modifiedAt: now,
});

/** @throws ArmError 409 while the endpoint is not `Succeeded` */
export const checkEndpointReady = ({ name, state }: EndpointRecord): void => {
  if (state === 'Succeeded') return;
  if (state === 'Deleting') throw new ArmError(409, 'Conflict', `The endpoint '${name}' is being deleted.`);
  throw stillUpdating(`Cannot create a deployment in endpoint '${name}'`, state);
};
