import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { type Count, countedDocuments, countOf } from '../../support/registry/counted-documents.ts';
import { createRegistryServices, type MlflowClient, mlflowClient } from '../../support/registry/registry-server.ts';

const HEART = { name: 'heart' };
const FIRST = { name: 'heart', version: '1' };
const SOURCE = { source: 's3://bucket/1' };

describe('a call about a model whose name this process has met', () => {
  let documents: MemoryDocuments;
  let client: MlflowClient;
  let count: Count;

  beforeEach(async () => {
    documents = createMemoryDocuments();
    const counted = countedDocuments(documents);
    count = counted.count;
    client = mlflowClient(createRegistryServices(counted.documents));
    await client.post('registered-models/create', HEART);
    await client.post('model-versions/create', { ...HEART, ...SOURCE });
    await client.post('registered-models/alias', { ...FIRST, alias: 'champion' });
  });

  it.each<[string, (client: MlflowClient) => Promise<unknown>, number, number]>([
    ['get a version', ({ get }) => get('model-versions/get', FIRST), 2, 0],
    ['get a version by alias', ({ get }) => get('registered-models/alias', { ...HEART, alias: 'champion' }), 2, 0],
    ['get the latest by alias', ({ get }) => get('registered-models/alias', { ...HEART, alias: 'latest' }), 2, 0],
    ['get a download URI', ({ get }) => get('model-versions/get-download-uri', FIRST), 2, 0],
    ['get a model', ({ get }) => get('registered-models/get', HEART), 2, 0],
    ['get the latest versions', ({ get }) => get('registered-models/get-latest-versions', HEART), 2, 0],
    ['create a version', ({ post }) => post('model-versions/create', { ...HEART, ...SOURCE }), 1, 1],
    ['set an alias', ({ post }) => post('registered-models/alias', { ...FIRST, alias: 'next' }), 2, 1],
    ['delete an alias', (call) => call.delete('registered-models/alias', { ...HEART, alias: 'champion' }), 1, 1],
    ['tag a model', ({ post }) => post('registered-models/set-tag', { ...HEART, key: 'a', value: 'b' }), 1, 1],
    ['untag a model', (call) => call.delete('registered-models/delete-tag', { ...HEART, key: 'a' }), 1, 0],
    ['tag a version', ({ post }) => post('model-versions/set-tag', { ...FIRST, key: 'a', value: 'b' }), 2, 1],
    ['describe a model', ({ patch }) => patch('registered-models/update', { ...HEART, description: 'x' }), 2, 1],
    ['describe a version', ({ patch }) => patch('model-versions/update', { ...FIRST, description: 'x' }), 2, 1],
  ])('to %s costs as many reads and batches as it must', async (_name, call, reads, commits) => {
    expect(await countOf(count, () => call(client))).toMatchObject({ reads, commits, queries: 0 });
  });

  it('costs one read more when the name is new to the process', async () => {
    const counted = countedDocuments(documents);
    const other = mlflowClient(createRegistryServices(counted.documents));
    const call = () => other.get('registered-models/alias', { ...HEART, alias: 'champion' });
    expect(await countOf(counted.count, call)).toMatchObject({ reads: 3, commits: 0, queries: 0 });
  });
});

describe('a process that remembers a name', () => {
  let documents: MemoryDocuments;
  let here: MlflowClient;
  let there: MlflowClient;

  beforeEach(async () => {
    documents = createMemoryDocuments();
    const server = (): MlflowServices => createRegistryServices(documents);
    here = mlflowClient(server());
    there = mlflowClient(server());
    await here.post('registered-models/create', HEART);
    await here.post('model-versions/create', { ...HEART, ...SOURCE });
    await here.get('model-versions/get', FIRST);
  });

  it('sees what another process wrote', async () => {
    await there.post('registered-models/alias', { ...FIRST, alias: 'champion' });
    const { model_version: version } = await here.get('registered-models/alias', { ...HEART, alias: 'champion' });
    expect(version).toMatchObject(FIRST);
  });

  it('sees that another has renamed the model, and who has the name now', async () => {
    await there.post('registered-models/rename', { ...HEART, new_name: 'old heart' });
    await expect(here.get('model-versions/get', FIRST)).rejects.toThrow('404');
    await there.post('registered-models/create', HEART);
    await there.post('model-versions/create', { ...HEART, source: 's3://bucket/new' });
    const { model_version: version } = await here.get('model-versions/get', FIRST);
    expect(version.source).toBe('s3://bucket/new');
    const { model_version: moved } = await here.get('model-versions/get', { name: 'old heart', version: '1' });
    expect(moved.source).toBe(SOURCE.source);
  });

  it('sees that another has deleted the model, and made one of the same name', async () => {
    await there.delete('registered-models/delete', HEART);
    await expect(here.post('model-versions/create', { ...HEART, ...SOURCE })).rejects.toThrow('404');
    await there.post('registered-models/create', HEART);
    const { model_version: version } = await here.post('model-versions/create', { ...HEART, ...SOURCE });
    expect(version.version).toBe('1');
  });
});
