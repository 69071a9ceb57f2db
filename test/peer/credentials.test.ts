import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_credentials.py', { clients: ['MLflow 3', 'MLflow 2'], flags: ['--auth'] });
