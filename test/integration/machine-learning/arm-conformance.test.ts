import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArmCalls, deploymentBody, endpointBody } from '../../support/machine-learning/arm-calls.ts';
import { ARM_TOKEN, WORKSPACE_ID, WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
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
beforeEach(() => calls.faults(undefined));

const arm: ArmCalls['arm'] = (...args) => calls.arm(...args);
const code = (body: { error: { details: { code: string }[] } }) => body.error.details[0]?.code;

describe('ARM requests', () => {
  it.each([
    { case: 'no token', headers: {}, query: '?api-version=2024-04-01', status: 401, code: 'AuthenticationFailed' },
    {
      case: 'no api-version',
      headers: { authorization: `Bearer ${ARM_TOKEN}` },
      query: '',
      status: 400,
      code: 'MissingApiVersionParameter',
    },
  ])('refuse $case with the documented error body', async ({ headers, query, status, code: expected }) => {
    const response = await fetch(`${fixture.url}${WORKSPACE_ID}/onlineEndpoints${query}`, {
      headers: headers as Record<string, string>,
    });
    const body = (await response.json()) as { error: { code: string; additionalInfo: { type: string }[] } };
    expect(response.status).toBe(status);
    expect(body.error.code).toBe(expected);
    expect(body.error.additionalInfo.map(({ type }) => type)).toEqual(['ComponentName', 'Correlation']);
  });

  it('know one workspace, whatever the case of its name', async () => {
    const path = (workspace: string) => `${fixture.url}${workspace}/onlineEndpoints?api-version=1`;
    const other = await arm('GET', path(WORKSPACE_ID.replace(/test$/, 'other')));
    expect(other).toMatchObject({ status: 404, body: { error: { code: 'ResourceNotFound' } } });
    expect((await arm('GET', path(WORKSPACE_ID.replace(/test$/, 'TEST')))).status).toBe(200);
  });

  it('answer 404 for what is not there and 400 for bodies that are wrong', async () => {
    expect(await arm('GET', '/onlineEndpoints/missing')).toMatchObject({
      status: 404,
      body: { error: { code: 'ResourceNotFound' } },
    });
    const parent = await arm('GET', '/onlineEndpoints/missing/deployments/one');
    expect(parent).toMatchObject({ status: 404, body: { error: { code: 'ParentResourceNotFound' } } });
    const noIdentity = await arm('PUT', '/onlineEndpoints/bad', { location: 'x', properties: { authMode: 'Key' } });
    expect(noIdentity.status).toBe(400);
    expect(noIdentity.body.error.message).toContain('identity');
  });
});

describe('online endpoints', () => {
  it('are created by a long-running PUT that is followed by its operation', async () => {
    const answer = await arm('PUT', '/onlineEndpoints/created', endpointBody());
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      id: `${WORKSPACE_ID}/onlineEndpoints/created`,
      kind: 'Managed',
      tags: { team: 'hearts' },
      properties: {
        provisioningState: 'Creating',
        keys: null,
        traffic: {},
        scoringUri: `${fixture.url}/endpoints/created/score`,
      },
    });
    expect(answer.headers.get('x-ms-async-operation-timeout')).toBe('PT1H');
    const operation = answer.headers.get('azure-asyncoperation') ?? '';
    expect(operation).toMatch(
      /\/locations\/westeurope\/mfeOperationsStatus\/oeidp:[0-9a-f-]{36}:[0-9a-f-]{36}\?api-version=/,
    );
    expect((await arm('GET', operation)).body).toMatchObject({ status: 'InProgress' });
    const ended = await until('the operation', async () => {
      const { body } = await arm('GET', operation);
      return body.status === 'InProgress' ? undefined : body;
    });
    expect(ended).toMatchObject({ status: 'Succeeded', endTime: expect.any(String) });
    expect((await arm('GET', '/onlineEndpoints/created')).body.properties.provisioningState).toBe('Succeeded');
  });

  it.each(['ab', '1bad', 'a--b', 'ends-', 'under_score', 'a'.repeat(33)])('refuse the name %s', async (name) => {
    const answer = await arm('PUT', `/onlineEndpoints/${name}`, endpointBody());
    expect(answer.status).toBe(400);
    expect(code(answer.body)).toBe('InvalidEndpointName');
  });

  it('refuse a second change while the first runs', async () => {
    await calls.createEndpoint('busy');
    expect((await arm('PUT', '/onlineEndpoints/busy', endpointBody())).status).toBe(200);
    const second = await arm('PUT', '/onlineEndpoints/busy', endpointBody());
    expect(second.status).toBe(409);
    expect(second.body.error.message).toContain('in Updating provisioning state');
    const deployment = await arm('PUT', '/onlineEndpoints/busy/deployments/one', deploymentBody('x'));
    expect(deployment.status).toBe(409);
    await calls.settled('/onlineEndpoints/busy');
  });

  it('are replaced whole by a PUT: what it omits is gone', async () => {
    await calls.createEndpoint('replaced');
    await calls.deploy('replaced', 'one', { image });
    await calls.setTraffic('replaced', { one: 100 });
    await arm('PUT', '/onlineEndpoints/replaced', { ...endpointBody(), tags: undefined });
    const { tags, properties } = await calls.settled('/onlineEndpoints/replaced');
    expect({ tags, traffic: properties.traffic }).toEqual({ tags: {}, traffic: {} });
  });

  it('keep their properties, which may be added but never changed', async () => {
    await arm('PUT', '/onlineEndpoints/props', endpointBody({ properties: { a: '1' } }));
    const current = await calls.settled('/onlineEndpoints/props');
    expect(current.properties.properties).toMatchObject({
      a: '1',
      AzureAsyncOperationUri: expect.stringContaining('oeidp:'),
    });
    const changed = await arm('PUT', '/onlineEndpoints/props', endpointBody({ properties: { a: '2' } }));
    expect(code(changed.body)).toBe('ImmutableProperty');
    expect((await arm('PUT', '/onlineEndpoints/props', current)).status).toBe(200);
    expect((await calls.settled('/onlineEndpoints/props')).properties.properties.a).toBe('1');
  });

  it('change tags, and nothing else, by PATCH', async () => {
    await calls.createEndpoint('patched');
    const answer = await arm('PATCH', '/onlineEndpoints/patched', {
      tags: { a: 'b' },
      properties: { traffic: { x: 100 } },
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('retry-after')).toBe('1');
    const { tags, properties } = await calls.settled('/onlineEndpoints/patched');
    expect({ tags, traffic: properties.traffic }).toEqual({ tags: { a: 'b' }, traffic: {} });
    await until('the result', async () => (await arm('GET', answer.headers.get('location') ?? '')).status === 200);
  });

  it('give out two keys and change one at a time', async () => {
    await calls.createEndpoint('keyed');
    const before = (await arm('POST', '/onlineEndpoints/keyed/listKeys')).body;
    const answer = await arm('POST', '/onlineEndpoints/keyed/regenerateKeys', {
      keyType: 'Primary',
      keyValue: 'chosen',
    });
    expect(answer.status).toBe(202);
    expect((await arm('POST', '/onlineEndpoints/keyed/listKeys')).body).toEqual({ ...before, primaryKey: 'chosen' });
  });

  it('are listed, and deleted together with their deployments', async () => {
    await calls.createEndpoint('doomed');
    await calls.deploy('doomed', 'one', { image });
    await calls.setTraffic('doomed', { one: 100 });
    const names = (await arm('GET', '/onlineEndpoints')).body.value.map(({ name }: { name: string }) => name);
    expect(names).toContain('doomed');
    const page = (await arm('GET', '/onlineEndpoints?count=1')).body;
    expect(page.value).toHaveLength(1);
    expect((await arm('GET', page.nextLink)).body.value).toHaveLength(1);
    expect((await arm('DELETE', '/onlineEndpoints/doomed')).status).toBe(202);
    await until('the endpoint to be gone', async () => (await arm('GET', '/onlineEndpoints/doomed')).status === 404);
    expect((await arm('DELETE', '/onlineEndpoints/doomed')).status).toBe(204);
    await calls.createEndpoint('doomed');
    expect((await arm('GET', '/onlineEndpoints/doomed/deployments')).body.value).toEqual([]);
  });
});

describe('models, environments, datastores', () => {
  const model = {
    properties: {
      modelUri: 'azureml://datastores/workspaceblobstore/paths/m/1',
      modelType: 'mlflow_model',
      tags: { a: 'b' },
    },
  };

  it('register a version at once and raise ModelRegistered only the first time', async () => {
    expect((await arm('PUT', '/models/Heart/versions/1', model)).status).toBe(201);
    expect((await arm('PUT', '/models/Heart/versions/1', model)).status).toBe(200);
    await arm('PUT', '/models/Heart/versions/2', model);
    expect(fixture.events.filter(({ type }) => type === 'ModelRegistered')).toEqual([
      {
        type: 'ModelRegistered',
        subject: 'models/Heart:1',
        data: { ModelName: 'Heart', ModelVersion: '1', ModelTags: { a: 'b' }, ModelProperties: {} },
      },
      expect.objectContaining({ subject: 'models/Heart:2' }),
    ]);
    const containers = (await arm('GET', '/models')).body.value;
    expect(containers).toMatchObject([{ name: 'Heart', properties: { latestVersion: '2', nextVersion: '3' } }]);
    const versions = (await arm('GET', '/models/Heart/versions?$orderBy=createdtime desc&$top=1')).body.value;
    expect(versions).toMatchObject([{ name: '2', properties: model.properties }]);
  });

  it('are case-sensitive and do not take every name', async () => {
    expect((await arm('GET', '/models/heart/versions/1')).status).toBe(404);
    expect((await arm('PUT', '/models/bad.name/versions/1', model)).status).toBe(400);
  });

  it('tell the container of a datastore', async () => {
    const byDefault = (await arm('GET', '/datastores?isDefault=true')).body.value;
    expect(byDefault).toMatchObject([
      { name: 'workspaceblobstore', properties: { containerName: 'workspaceblobstore', isDefault: true } },
    ]);
    expect((await arm('GET', '/datastores/none')).status).toBe(404);
  });
});

describe('faults', () => {
  it('refuse as many PUTs as asked', async () => {
    await calls.createEndpoint('faulty');
    await calls.faults({ updatingConflicts: 2 });
    const statuses = [];
    for (let at = 0; at < 3; at += 1)
      statuses.push((await arm('PUT', '/onlineEndpoints/faulty', endpointBody())).status);
    expect(statuses).toEqual([409, 409, 200]);
    await calls.settled('/onlineEndpoints/faulty');
  });

  it('show what was before for as long as asked', async () => {
    await calls.createEndpoint('lagging');
    await calls.faults({ readLagMs: 60_000 });
    await arm('PUT', '/onlineEndpoints/lagging', { ...endpointBody(), tags: { fresh: 'yes' } });
    expect((await arm('GET', '/onlineEndpoints/lagging')).body.tags).toEqual({ team: 'hearts' });
    await calls.faults(undefined);
    expect((await calls.settled('/onlineEndpoints/lagging')).tags).toEqual({ fresh: 'yes' });
  });

  it('apply a PUT whose caller has given up', async () => {
    await calls.createEndpoint('late');
    await calls.faults({ putApplyDelayMs: 200 });
    const url = `${fixture.url}${WORKSPACE_ID}/onlineEndpoints/late?api-version=1`;
    const init = {
      method: 'PUT',
      headers: { authorization: `Bearer ${ARM_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...endpointBody(), tags: { late: 'yes' } }),
    };
    await expect(fetch(url, { ...init, signal: AbortSignal.timeout(50) })).rejects.toThrow();
    expect((await arm('GET', '/onlineEndpoints/late')).body.tags).toEqual({ team: 'hearts' });
    await until('the late change', async () => (await arm('GET', '/onlineEndpoints/late')).body.tags.late === 'yes');
  });

  it('fail the deployment that is named', async () => {
    await calls.createEndpoint('unlucky');
    await calls.faults({ failDeployment: 'canary' });
    expect((await calls.deploy('unlucky', 'stable', { image })).properties.provisioningState).toBe('Succeeded');
    expect((await calls.deploy('unlucky', 'canary', { image })).properties.provisioningState).toBe('Failed');
  });

  it('are checked', async () => expect((await calls.faults({ nonsense: 1 })).status).toBe(400));
});
