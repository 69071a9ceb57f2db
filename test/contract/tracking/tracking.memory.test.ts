import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { testExperiments } from './experiments.ts';
import { testLoggedModels } from './logged-models.ts';
import { testLogging } from './logging.ts';
import { testMetrics } from './metrics.ts';
import { testRunSearch } from './run-search.ts';
import { testRuns } from './runs.ts';

const fixture = { createDocuments: async () => createMemoryDocuments() };

testExperiments(fixture);
testRuns(fixture);
testLogging(fixture);
testMetrics(fixture);
testRunSearch(fixture);
testLoggedModels(fixture);
