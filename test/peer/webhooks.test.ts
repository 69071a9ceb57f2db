import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_webhooks.py', { flags: ['--allow-private-egress'] });
