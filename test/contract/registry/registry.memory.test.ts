import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { testConcurrency } from './concurrency.ts';
import { testModelSearch } from './model-search.ts';
import { testModelVersions } from './model-versions.ts';
import { testRegisteredModels } from './registered-models.ts';
import { testVersionSearch } from './version-search.ts';

const fixture = { createDocuments: async () => createMemoryDocuments() };

testRegisteredModels(fixture);
testModelSearch(fixture);
testModelVersions(fixture);
testVersionSearch(fixture);
testConcurrency(fixture);
