import { afterAll, beforeAll } from 'vitest';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';
import { testConcurrency } from './concurrency.ts';
import { testModelSearch } from './model-search.ts';
import { testModelVersions } from './model-versions.ts';
import { testRegisteredModels } from './registered-models.ts';
import { testVersionSearch } from './version-search.ts';

let cosmos: TestCosmos;

beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());

const fixture = { createDocuments: async () => createCosmosDocuments(await cosmos.container()) };

testRegisteredModels(fixture);
testModelSearch(fixture);
testModelVersions(fixture);
testVersionSearch(fixture);
testConcurrency(fixture);
