import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_artifacts.py');
