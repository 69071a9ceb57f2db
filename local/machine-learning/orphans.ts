import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { INSTANCE_VARIABLE } from './container.ts';

/**
 * Ends the containers that an emulator left behind when it was killed, and removes their directories.
 *
 * @param runDir one directory per container, named by its instance id, with its `pid`
 * @returns how many were still running
 */
export const reapOrphans = (runDir: string): number => {
  mkdirSync(runDir, { recursive: true });
  let reaped = 0;
  for (const instanceId of readdirSync(runDir)) {
    const pidFile = join(runDir, instanceId, 'pid');
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : Number.NaN;
    // A pid may have been given to another process since: end it only when it says that it is ours.
    if (Number.isInteger(pid) && pid > 1 && isInstance(pid, instanceId)) {
      process.kill(-pid, 'SIGKILL');
      reaped += 1;
    }
    rmSync(join(runDir, instanceId), { recursive: true, force: true });
  }
  return reaped;
};

const isInstance = (pid: number, instanceId: string): boolean => {
  try {
    const environment = existsSync('/proc/self/environ')
      ? readFileSync(`/proc/${pid}/environ`, 'utf8')
      : execFileSync('ps', ['eww', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return environment.includes(`${INSTANCE_VARIABLE}=${instanceId}`);
  } catch {
    return false;
  }
};
