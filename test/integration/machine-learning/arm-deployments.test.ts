import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArmCalls, deploymentBody, environmentBody } from '../../support/machine-learning/arm-calls.ts';
import { WORKSPACE_ID, WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { until } from '../../support/until.ts';

let fixture: WorkspaceFixture;
let calls: ArmCalls;
let image: string;

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start();
  calls = new ArmCalls(fixture);
  image = await fixture.push('one');
});
afterAll(() => fixture.dispose());

const arm: ArmCalls['arm'] = (...args) => calls.arm(...args);
const code = (body: { error: { details: { code: string }[] } }) => body.error.details[0]?.code;

describe('online deployments', () => {
  beforeAll(() => calls.createEndpoint('home'));

  it('come up from a packaged environment and raise ModelDeployed', async () => {
    await arm('PUT', '/environments/packaged/versions/1', environmentBody(image));
    const environment = `${WORKSPACE_ID}/environments/packaged/versions/1`;
    const answer = await arm(
      'PUT',
      '/onlineEndpoints/home/deployments/one',
      deploymentBody(environment, { tags: { a: 'b' } }),
    );
    expect(answer.status).toBe(201);
    expect(answer.headers.get('azure-asyncoperation')).toContain('odidp:');
    expect(answer.body.properties.provisioningState).toBe('Creating');
    const busy = await arm('DELETE', '/onlineEndpoints/home/deployments/one');
    expect(busy.status).toBe(409);
    expect((await calls.settled('/onlineEndpoints/home/deployments/one')).properties.provisioningState).toBe(
      'Succeeded',
    );
    expect(fixture.events.filter(({ subject }) => subject === 'endpoints/home')).toEqual([
      {
        type: 'ModelDeployed',
        subject: 'endpoints/home',
        data: {
          ServiceName: 'home',
          ServiceComputeType: 'Managed',
          ModelIds: '',
          ServiceTags: { a: 'b' },
          ServiceProperties: {},
        },
      },
    ]);
  });

  it.each([
    { case: 'an unknown environment', properties: { environmentId: 'nothing' }, code: 'EnvironmentNotFound' },
    {
      case: 'a time-out above 180 s',
      properties: { requestSettings: { requestTimeout: 'PT181S' } },
      code: 'BadArgument',
    },
    { case: 'no instance type', properties: { instanceType: null }, code: 'BadArgument' },
  ])('refuse $case', async ({ properties, code: expected }) => {
    await arm('PUT', '/environments/packaged/versions/1', environmentBody(image));
    const body = deploymentBody(`${WORKSPACE_ID}/environments/packaged/versions/1`, { properties });
    const answer = await arm('PUT', '/onlineEndpoints/home/deployments/two', body);
    expect(answer.status).toBe(400);
    expect(code(answer.body)).toBe(expected);
  });

  it('refuse bad names', async () => {
    const bad = await arm('PUT', '/onlineEndpoints/home/deployments/1bad', deploymentBody('x'));
    expect(code(bad.body)).toBe('InvalidDeploymentName');
  });

  it('fail with the log when their container crashes', async () => {
    const deployment = await calls.deploy('home', 'crashing', { image, environmentVariables: { BEHAVIOUR: 'crash' } });
    expect(deployment.properties.provisioningState).toBe('Failed');
    const operation = (await arm('GET', deployment.properties.properties.AzureAsyncOperationUri)).body;
    expect(operation.status).toBe('Failed');
    expect(operation.error.details[0]).toMatchObject({
      code: 'ResourceNotReady',
      message: expect.stringContaining('cannot load the model'),
    });
    const logs = await arm('POST', '/onlineEndpoints/home/deployments/crashing/getLogs', {
      containerType: 'InferenceServer',
      tail: 50,
    });
    expect(logs.body.content).toContain('container exited with code 3');
    const pulled = await arm('POST', '/onlineEndpoints/home/deployments/crashing/getLogs', {
      containerType: 'StorageInitializer',
    });
    expect(pulled.body.content).toContain('pulling registry.local/');
    const traffic = await calls.putTraffic('home', { crashing: 100 });
    expect(code(traffic.body)).toBe('DeploymentNotReady');
  });

  it('fail when their image is not there', async () => {
    const deployment = await calls.deploy('home', 'imageless', { image: `registry.local/x@sha256:${'0'.repeat(64)}` });
    expect(deployment.properties.provisioningState).toBe('Failed');
    const operation = (await arm('GET', deployment.properties.properties.AzureAsyncOperationUri)).body;
    expect(code(operation)).toBe('ResourceNotFound');
  });

  it('are not deleted while they take traffic, and deleted once they do not', async () => {
    await calls.createEndpoint('moving');
    await calls.deploy('moving', 'one', { image });
    await calls.setTraffic('moving', { one: 100 });
    const refused = await arm('DELETE', '/onlineEndpoints/moving/deployments/one');
    expect(code(refused.body)).toBe('DeploymentHasTraffic');
    await calls.setTraffic('moving', {});
    expect((await arm('DELETE', '/onlineEndpoints/moving/deployments/one')).status).toBe(202);
    await until(
      'the deployment to be gone',
      async () => (await arm('GET', '/onlineEndpoints/moving/deployments/one')).status === 404,
    );
    expect((await arm('DELETE', '/onlineEndpoints/moving/deployments/one')).status).toBe(204);
  });

  it('scale by PATCH without starting again', async () => {
    const path = '/onlineEndpoints/home/deployments/scaled';
    await calls.deploy('home', 'scaled', { image });
    expect((await arm('PATCH', path, { sku: { name: 'Default', capacity: 3 } })).status).toBe(202);
    expect((await calls.settled(path)).sku.capacity).toBe(3);
    const logs = (await arm('POST', `${path}/getLogs`, {})).body.content;
    expect(logs.match(/container is ready/g)).toHaveLength(1);
  });
});
