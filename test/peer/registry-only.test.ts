import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_registry_only.py');
peerTests('test_registry_only_mlflow_2.py', { clients: ['MLflow 2'] });
