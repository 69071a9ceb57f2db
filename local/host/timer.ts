import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { type EpochMs, epochMs, toIso } from '../../shared/platform/time.ts';
import type { HostFunction } from './indexing.ts';
import type { Listener, ListenerContext } from './listener.ts';
import { pause, withRetries } from './retry.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import { writeWhole } from './write-whole.ts';

/** Node fires longer timeouts at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** Below this the real host keeps no status, as a missed run is soon made good. */
const SHORTEST_MONITORED_MS = 60_000;

const statusSchema = z.object({ Last: z.string(), Next: z.string(), LastUpdated: z.string() });

type ScheduleStatus = z.infer<typeof statusSchema>;

interface Timer {
  readonly context: ListenerContext;
  readonly fn: HostFunction;
  readonly schedule: Schedule;
  /** Where the status is kept; undefined when it is not. */
  readonly file: string | undefined;
}

/**
 * A timer trigger. Its runs never overlap. The status file tells a run that is late after downtime, and one that a
 * crash cut off is late too, because the file is written after the run.
 *
 * @throws Error when the schedule is not valid
 */
export const createTimerListener = (context: ListenerContext, fn: HostFunction): Listener => {
  const schedule = parseSchedule(String(fn.options['schedule']), context.settings['WEBSITE_TIME_ZONE']);
  const isMonitored =
    fn.options['useMonitor'] !== false && intervalMs(schedule, context.clock()) >= SHORTEST_MONITORED_MS;
  const file = isMonitored ? path.join(context.dataDir, 'timers', `${encodeURIComponent(fn.name)}.json`) : undefined;
  return { run: (stop) => runTimer({ context, fn, schedule, file }, stop) };
};

const intervalMs = (schedule: Schedule, now: EpochMs): number => {
  const first = schedule.next(now);
  const second = first === undefined ? undefined : schedule.next(first);
  return first === undefined || second === undefined ? Number.POSITIVE_INFINITY : second - first;
};

const runTimer = async (timer: Timer, stop: AbortSignal): Promise<void> => {
  const { context, fn, schedule } = timer;
  const stored = await readStatus(timer);
  let due = stored === undefined ? undefined : epochMs(Date.parse(stored.Next));
  const isPastDue = due !== undefined && due <= context.clock();
  if (isPastDue || fn.options['runOnStartup'] === true) due = await fire(timer, stop, { isPastDue, stored });
  else if (due === undefined || stored === undefined) due = await firstStatus(timer);
  else due = schedule.next(context.clock());
  while (due !== undefined && (await waitUntil(timer, due, stop))) {
    due = await fire(timer, stop, { isPastDue: false, stored: await readStatus(timer) });
  }
};

const waitUntil = async ({ context }: Timer, due: EpochMs, stop: AbortSignal): Promise<boolean> => {
  for (;;) {
    const left = due - context.clock();
    if (left <= 0) return !stop.aborted;
    if (!(await pause(Math.min(left, LONGEST_TIMEOUT_MS), stop))) return false;
  }
};

interface Firing {
  readonly isPastDue: boolean;
  readonly stored: ScheduleStatus | undefined;
}

/** Runs the function with its retry policy; the result is when it is due next. */
const fire = async (timer: Timer, stop: AbortSignal, { isPastDue, stored }: Firing): Promise<EpochMs | undefined> => {
  const { context, fn, schedule } = timer;
  const startedAt = context.clock();
  const info = { Schedule: { AdjustForDST: true }, ScheduleStatus: stored ?? null, IsPastDue: isPastDue };
  const outcome = await withRetries(fn.metadata.retryOptions, stop, (retryContext) =>
    context.invoker.invoke(fn, {
      input: { json: JSON.stringify(info) },
      reason: isPastDue ? 'timer, past due' : 'timer',
      ...(retryContext && { retryContext }),
    }),
  );
  const next = schedule.next(context.clock());
  if (outcome !== 'stopped') await writeStatus(timer, startedAt, next);
  return next;
};

const firstStatus = async (timer: Timer): Promise<EpochMs | undefined> => {
  const next = timer.schedule.next(timer.context.clock());
  await writeStatus(timer, epochMs(0), next);
  return next;
};

const readStatus = async ({ file }: Timer): Promise<ScheduleStatus | undefined> => {
  if (file === undefined) return undefined;
  try {
    return statusSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // A file that cannot be read says no more than none.
    return undefined;
  }
};

const writeStatus = async ({ context, file }: Timer, last: EpochMs, next: EpochMs | undefined): Promise<void> => {
  if (file === undefined || next === undefined) return;
  const status: ScheduleStatus = { Last: toIso(last), Next: toIso(next), LastUpdated: toIso(context.clock()) };
  await mkdir(path.dirname(file), { recursive: true });
  await writeWhole(file, JSON.stringify(status));
};
