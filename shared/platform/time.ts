import { parse } from 'tinyduration';
import { SlipwayError } from './errors.ts';

/** Milliseconds since 1970-01-01T00:00:00Z. Branded, so that a duration cannot be passed for an instant. */
export type EpochMs = number & { readonly __brand: 'EpochMs' };

/** Where "now" comes from. Injected everywhere, so that tests move time instead of waiting for it. */
export type Clock = () => EpochMs;

export const systemClock: Clock = () => Date.now() as EpochMs;

export const epochMs = (ms: number): EpochMs => ms as EpochMs;

export const addMs = (at: EpochMs, ms: number): EpochMs => (at + ms) as EpochMs;

/** RFC 3339 in UTC with milliseconds, as in `2026-01-31T12:00:00.000Z`. */
export const toIso = (at: EpochMs): string => new Date(at).toISOString();

/**
 * An ISO-8601 duration in milliseconds, ≥ 0. A day is 24 h.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for text that is no duration, for months and years (their length
 * depends on the calendar) and for negative durations
 */
export const durationMs = (text: string): number => {
  const duration = parseDuration(text);
  if (duration.years || duration.months || duration.negative) {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `duration '${text}' must be positive and without years or months`,
    );
  }
  const { weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = duration;
  return Math.round(((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
};

const parseDuration = (text: string): ReturnType<typeof parse> => {
  try {
    return parse(text);
  } catch (cause) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${text}' is not an ISO-8601 duration such as PT5M`, { cause });
  }
};
