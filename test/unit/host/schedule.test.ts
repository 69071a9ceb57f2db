import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../local/host/schedule.ts';
import { epochMs } from '../../../shared/platform/time.ts';

const next = (schedule: string, after: string, timezone?: string): string | undefined => {
  const at = parseSchedule(schedule, timezone).next(epochMs(Date.parse(after)));
  return at === undefined ? undefined : new Date(at).toISOString();
};

describe('a schedule', () => {
  it.each([
    ['0 */5 * * * *', '2026-01-31T23:57:00Z', '2026-02-01T00:00:00.000Z'],
    ['0 */5 * * * *', '2026-01-31T23:55:00Z', '2026-02-01T00:00:00.000Z'],
    ['*/10 * * * * *', '2026-01-01T00:00:05.500Z', '2026-01-01T00:00:10.000Z'],
    ['0 30 9 * * 1-5', '2026-01-30T10:00:00Z', '2026-02-02T09:30:00.000Z'],
    ['0 30 9 * jan mon', '2026-01-30T10:00:00Z', '2027-01-04T09:30:00.000Z'],
    ['0 0 0 * * 0', '2026-01-30T10:00:00Z', '2026-02-01T00:00:00.000Z'],
    ['*/5 * * * *', '2026-01-01T00:01:00Z', '2026-01-01T00:05:00.000Z'],
    ['00:00:30', '2026-01-01T00:00:00Z', '2026-01-01T00:00:30.000Z'],
  ])('%s after %s is %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  it('needs day of month and day of week to fit both', () => {
    expect(next('0 0 0 13 * 5', '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z');
  });

  it('follows a time zone when it is given one', () => {
    expect(next('0 0 9 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin')).toBe('2026-07-01T07:00:00.000Z');
  });

  it('ends when no date fits', () => {
    expect(next('0 0 0 30 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
  });

  it.each([
    '',
    '* * * *',
    '* * * * * * *',
    '0 0 0 L * *',
    '0 0 0 ? * *',
    '0 0 0 * * 7',
    '0 0 0 * * 1#2',
    '@daily',
    '60 * * * * *',
    '0 0 0 * foo *',
  ])('refuses %j', (schedule) => {
    expect(() => parseSchedule(schedule)).toThrow();
  });
});
