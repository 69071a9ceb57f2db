import { afterAll, beforeAll } from 'vitest';
import { createCosmosDocuments } from '../../shared/azure/cosmos/create-cosmos-documents.ts';
import { startTestCosmos, type TestCosmos } from '../support/cosmos.ts';
import { documentsContract } from './documents.ts';

let cosmos: TestCosmos;
beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());

documentsContract('Cosmos DB', async () => createCosmosDocuments(await cosmos.container()));
