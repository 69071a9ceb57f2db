import { afterAll, beforeAll } from 'vitest';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';
import { testExperiments } from './experiments.ts';
import { testLoggedModels } from './logged-models.ts';
import { testLogging } from './logging.ts';
import { testMetrics } from './metrics.ts';
import { testRunSearch } from './run-search.ts';
import { testRuns } from './runs.ts';

let cosmos: TestCosmos;

beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());

const fixture = { createDocuments: async () => createCosmosDocuments(await cosmos.container()) };

testExperiments(fixture);
testRuns(fixture);
testLogging(fixture);
testMetrics(fixture);
testRunSearch(fixture);
testLoggedModels(fixture);
