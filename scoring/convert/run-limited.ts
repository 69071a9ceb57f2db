import { spawn } from 'node:child_process';

export interface LimitedRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface LimitedResult {
  readonly ended: 'ok' | 'failed' | 'timeout';
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT = 64 * 1024;

/**
 * Runs a program with nothing of this process's environment and ends it, with everything it started, when it takes too
 * long. Keeps the end of what it wrote.
 */
export const runLimited = ({ program, args, folder, env, timeoutMs, signal }: LimitedRun): Promise<LimitedResult> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let ended: LimitedResult['ended'] | undefined;
    const kill = (): void => {
      ended ??= 'timeout';
      // Its process group: Python may have started others.
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = setTimeout(kill, timeoutMs);
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] = (output[name] + text).slice(-MAX_OUTPUT);
      });
    }
    const finish = (result: LimitedResult['ended']): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      resolve({ ended: ended ?? result, ...output });
    };
    child.once('error', (error) => {
      output.stderr += error.message;
      finish('failed');
    });
    child.once('close', (code) => finish(code === 0 ? 'ok' : 'failed'));
  });

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};
