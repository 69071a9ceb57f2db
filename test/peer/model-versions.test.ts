import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_model_versions.py', { clients: ['MLflow 3', 'MLflow 2'] });
