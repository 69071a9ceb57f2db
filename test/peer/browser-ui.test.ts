import { peerTests } from '../support/python/peer-tests.ts';

peerTests('test_browser_ui.py');
