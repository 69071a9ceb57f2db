import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_prompts.py');
