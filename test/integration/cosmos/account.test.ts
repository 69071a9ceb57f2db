import { CosmosClient } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCosmosContainers } from '../../../local/cosmos/ensure-containers.ts';
import { createCosmosClient } from '../../../shared/azure/cosmos/create-cosmos-client.ts';
import { COSMOS_TEST_KEY, startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

let cosmos: TestCosmos;
beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());

describe('databases', () => {
  it('are created, read, listed and deleted', async () => {
    const { database } = await cosmos.client.databases.create({ id: 'one' });
    expect((await database.read()).resource?.id).toBe('one');
    const listed = await cosmos.client.databases.readAll().fetchAll();
    expect(listed.resources.map(({ id }) => id)).toContain('one');
    await database.delete();
    await expect(database.read()).rejects.toMatchObject({ code: 404 });
  });

  it('are created once', async () => {
    await cosmos.client.databases.create({ id: 'twice' });
    await expect(cosmos.client.databases.create({ id: 'twice' })).rejects.toMatchObject({ code: 409 });
  });

  it('are found by a query', async () => {
    await cosmos.client.databases.createIfNotExists({ id: 'found' });
    const query = { query: 'SELECT * FROM d WHERE d.id = @id', parameters: [{ name: '@id', value: 'found' }] };
    const { resources } = await cosmos.client.databases.query(query).fetchAll();
    expect(resources.map(({ id }: { id: string }) => id)).toEqual(['found']);
  });
});

describe('containers', () => {
  it('are created, read, listed, replaced and deleted', async () => {
    const { database } = await cosmos.client.databases.createIfNotExists({ id: 'containers' });
    const { container } = await database.containers.create({
      id: 'c',
      partitionKey: { paths: ['/pk'] },
      defaultTtl: 60,
    });
    const { resource } = await container.read();
    expect(resource).toMatchObject({ id: 'c', defaultTtl: 60, partitionKey: { paths: ['/pk'], kind: 'Hash' } });
    expect((await database.containers.readAll().fetchAll()).resources.map(({ id }) => id)).toEqual(['c']);
    await container.replace({ id: 'c', partitionKey: { paths: ['/pk'] }, defaultTtl: 5 });
    expect((await container.read()).resource?.defaultTtl).toBe(5);
    await container.delete();
    await expect(container.read()).rejects.toMatchObject({ code: 404 });
  });

  it('keep their partition key for ever', async () => {
    const container = await cosmos.container({ partitionKey: { paths: ['/a'] } });
    const change = container.replace({ id: container.id, partitionKey: { paths: ['/b'] } });
    await expect(change).rejects.toMatchObject({ code: 400 });
  });

  it('go with their database', async () => {
    const { database } = await cosmos.client.databases.create({ id: 'short-lived' });
    await database.containers.create({ id: 'c', partitionKey: { paths: ['/pk'] } });
    await database.delete();
    const { database: again } = await cosmos.client.databases.create({ id: 'short-lived' });
    expect((await again.containers.readAll().fetchAll()).resources).toEqual([]);
  });

  it('tell a missing container from a missing item', async () => {
    const container = cosmos.client.database('test').container('nowhere');
    await expect(container.item('a', 'p').read()).resolves.toMatchObject({ statusCode: 404, substatus: 1003 });
  });

  it('of Slipway are all there, however often they are asked for', async () => {
    await ensureCosmosContainers(cosmos.client);
    await ensureCosmosContainers(cosmos.client);
    const { resources } = await cosmos.client.database('slipway').containers.readAll().fetchAll();
    expect(resources.map(({ id }) => id).sort()).toEqual(
      ['deliveries', 'endpoints', 'leases', 'monitors', 'registry', 'settings', 'tracking'].sort(),
    );
  });
});

describe('the account', () => {
  it('refuses a wrong key with 401', async () => {
    const key = Buffer.from('another key').toString('base64');
    const client = createCosmosClient({ endpoint: cosmos.url, key });
    await expect(client.database('test').read()).rejects.toMatchObject({ code: 401 });
  });

  it('refuses a request without a signature with 401, in the words of the service', async () => {
    const response = await fetch(`${cosmos.url}/dbs/test`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'Unauthorized' });
  });

  it('names itself as the one region, so that endpoint discovery would find it', async () => {
    const client = new CosmosClient({
      endpoint: cosmos.url,
      key: COSMOS_TEST_KEY,
      connectionPolicy: { enableEndpointDiscovery: false },
    });
    const { resource } = await client.getDatabaseAccount();
    expect(resource?.writableLocations).toEqual([{ name: 'Local', databaseAccountEndpoint: cosmos.url }]);
  });

  it('answers 501 to what it does not emulate', async () => {
    const container = await cosmos.container();
    await expect(container.scripts.storedProcedures.readAll().fetchAll()).rejects.toMatchObject({ code: 501 });
  });
});
