import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { COSMOS_TEST_KEY } from './cosmos.ts';

export interface CosmosProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Sends a signal and resolves with the exit code; null when the signal ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

const MAIN = new URL('../../local/cosmos/main.ts', import.meta.url).pathname;

/** The emulator as a process of its own, ready for requests. */
export const startCosmosProcess = async (dataDir: string): Promise<CosmosProcess> => {
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--data-dir', dataDir], {
    env: { ...process.env, COSMOS_EMULATOR_KEY: COSMOS_TEST_KEY },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])) as [string];
  if (line === '') throw new Error('the emulator ended before it was ready');
  const { ready, url } = JSON.parse(line) as { ready: boolean; url: string };
  if (!ready) throw new Error(`the emulator said ${line}`);
  return {
    url,
    child,
    end: async (signal) => {
      const exited = once(child, 'exit') as Promise<[number | null]>;
      child.kill(signal);
      return (await exited)[0];
    },
  };
};
