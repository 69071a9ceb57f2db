import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_registered_models.py', { clients: ['MLflow 3', 'MLflow 2'] });
