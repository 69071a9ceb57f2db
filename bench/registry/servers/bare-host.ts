import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../local/free-port.ts';
import { serve } from '../../support/run.ts';
import type { RunningServer } from './server.ts';

const HOST = fileURLToPath(new URL('../../../local/host/main.ts', import.meta.url));
const APP = fileURLToPath(new URL('../constant-app/constant-app.ts', import.meta.url));

/** The Functions host with one function that answers a constant: as fast as anything on it can be. */
export const startBareHost = async (): Promise<RunningServer> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'host-bench-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [HOST, '--port', String(port), '--app', APP, '--data-dir', dataDir];
  const host = await serve(process.execPath, args, { readyUrl: `${url}/constant` });
  return {
    url,
    async stop() {
      await host.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
