import { createMemoryDocuments } from '../support/memory-documents.ts';
import { documentsContract } from './documents.ts';

documentsContract('memory', async () => createMemoryDocuments());
