import { expect, it } from 'vitest';
import { createModelSource } from '../../../shared/packaging/files/model-source.ts';
import { createMemoryBlobs } from '../../support/registry/memory-blobs.ts';

const unused = async () => {
  throw new Error('nobody asks for these');
};
const where = {
  name: 'heart',
  version: '1',
  source: 'models:/m-1',
  location: 'mlflow-artifacts:/0/models/m-1/artifacts',
};

it('finds the files of a version in the artifact store, and says when none are there', async () => {
  const blobs = createMemoryBlobs();
  const source = createModelSource({ blobs, ownHosts: [], azureMlFiles: unused, originFiles: unused });
  const version = where as Parameters<typeof source.filesOf>[0];

  expect(await source.filesOf(version)).toEqual({
    unreachable:
      "nothing is stored at 'mlflow-artifacts:/0/models/m-1/artifacts' on this server; perhaps the model was logged to another",
  });

  await blobs.write('artifacts', '0/models/m-1/artifacts/MLmodel', 'flavors: {}');
  const found = await source.filesOf(version);
  const listed: unknown[] = [];
  if ('files' in found) for await (const file of found.files.list()) listed.push(file);
  expect(listed).toEqual([{ path: 'MLmodel', size: 11 }]);
});
