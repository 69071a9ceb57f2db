import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_experiments_and_runs.py', { clients: ['MLflow 3', 'MLflow 2'] });
