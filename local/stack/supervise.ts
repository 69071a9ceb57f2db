import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, type ChildOptions, startChild } from './child.ts';

/** A child that is started again whenever it ends without being asked to. */
export interface Supervised {
  readonly name: string;
  pid(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL without a restart: what a crash test does before it calls `start`. */
  kill(): Promise<void>;
}

const GRACE_MS = 6_000;
const BACK_OFF_MS = [200, 1_000, 5_000, 15_000] as const;
/** A child that ran this long was well: its next crash is the first again. */
const WELL_AFTER_MS = 60_000;

/** Keeps one child running; `report` is told in one line whenever it had to be started again. */
export const supervise = (options: Omit<ChildOptions, 'onExit'>, report: (line: string) => void): Supervised => {
  let child: Child | undefined;
  let wanted = false;
  let crashes = 0;
  let startedAtMs = 0;

  const start = async (): Promise<void> => {
    wanted = true;
    const started = await startChild({ ...options, onExit: (reason) => void restart(reason) });
    startedAtMs = performance.now();
    if (wanted) child = started;
    else await started.stop(GRACE_MS);
  };

  const restart = async (reason: string): Promise<void> => {
    child = undefined;
    if (performance.now() - startedAtMs > WELL_AFTER_MS) crashes = 0;
    while (wanted && child === undefined) {
      const waitMs = BACK_OFF_MS[Math.min(crashes, BACK_OFF_MS.length - 1)] ?? 0;
      crashes += 1;
      report(`${options.name} ended (${reason}); starting it again in ${waitMs} ms, log: ${options.logFile}`);
      await sleep(waitMs);
      if (!wanted) return;
      await start().catch((error: Error) => report(error.message));
    }
  };

  const end = async (how: (running: Child) => Promise<void>): Promise<void> => {
    wanted = false;
    const running = child;
    child = undefined;
    if (running !== undefined) await how(running);
  };

  return {
    name: options.name,
    pid: () => child?.pid ?? -1,
    start,
    stop: () => end((running) => running.stop(GRACE_MS)),
    kill: () => end((running) => running.kill()),
  };
};
