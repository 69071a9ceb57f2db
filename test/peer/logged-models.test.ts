import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_logged_models.py');
peerTests('test_models_mlflow_2.py', { clients: ['MLflow 2'] });
