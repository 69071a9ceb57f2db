import { spawn } from 'node:child_process';
import { SlipwayError } from '../../../platform/errors.ts';

export interface UvRun {
  readonly uv: string;
  readonly args: readonly string[];
  /** An empty folder of its own: working folder, home and cache. */
  readonly folder: string;
  readonly timeoutMs: number;
}

export interface UvResult {
  readonly code: 'ok' | 'failed' | 'timeout';
  /** The last of what it wrote to standard error. */
  readonly stderr: string;
}

const MAX_STDERR_BYTES = 64 * 1024;

/**
 * Runs uv once: no shell, none of this process's environment, and no way to the network but loopback.
 *
 * @throws SlipwayError INVALID_STATE when it cannot be started
 */
export const runUv = ({ uv, args, folder, timeoutMs }: UvRun): Promise<UvResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(uv, args, {
      cwd: folder,
      env: ENVIRONMENT(folder),
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR_BYTES);
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new SlipwayError('INVALID_STATE', `uv could not be started (${cause.code}): see UV_PATH`, { cause }));
    });
    child.once('close', (code, signal) => {
      resolve({ code: signal === 'SIGKILL' ? 'timeout' : code === 0 ? 'ok' : 'failed', stderr });
    });
  });

/** The proxy is where nobody listens: whatever is not the gate on loopback is refused there. */
const ENVIRONMENT = (folder: string): NodeJS.ProcessEnv => ({
  HOME: folder,
  TMPDIR: folder,
  PATH: '/usr/bin:/bin',
  NO_COLOR: '1',
  NO_PROXY: '127.0.0.1',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  ALL_PROXY: 'http://127.0.0.1:9',
  UV_HTTP_RETRIES: '0',
});
