import { Cron } from 'croner';
import { type EpochMs, epochMs } from '../../shared/platform/time.ts';
import { timeSpanMs } from './host-json.ts';

export interface Schedule {
  /** The first instant strictly after `at`; undefined when there is none any more. */
  next(at: EpochMs): EpochMs | undefined;
}

/** What NCRONTAB knows; the cron library knows more (`L`, `W`, `#`, `?`, nicknames), which Azure would refuse. */
const NCRONTAB_FIELD = /^[0-9a-z*,/-]+$/i;
const NAMES = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)[a-z]*$/i;

/**
 * A timer's schedule: NCRONTAB with five or six fields (day of month AND day of week, Sunday is 0), or `hh:mm:ss`
 * between runs.
 *
 * @param timezone IANA name; UTC by default, as in Azure
 * @throws Error for text that Azure would not take either
 */
export const parseSchedule = (text: string, timezone = 'UTC'): Schedule => {
  const spanMs = timeSpanMs(text.trim());
  if (spanMs !== undefined && spanMs > 0) return { next: (at) => epochMs(at + spanMs) };
  const fields = text.trim().split(/\s+/);
  const daysOfWeek = fields.at(-1) ?? '';
  const words = text.match(/[a-z]+/gi) ?? [];
  if (
    (fields.length !== 5 && fields.length !== 6) ||
    !fields.every((field) => NCRONTAB_FIELD.test(field)) ||
    !words.every((word) => NAMES.test(word)) ||
    /(^|[,-])7/.test(daysOfWeek)
  ) {
    throw new Error(`schedule '${text}' is not an NCRONTAB expression of six fields`);
  }
  const cron = new Cron(text.trim(), { paused: true, timezone, domAndDow: true });
  return {
    next: (at) => {
      const date = cron.nextRun(new Date(at));
      return date === null ? undefined : epochMs(date.getTime());
    },
  };
};
