import { describe, expect, it } from 'vitest';
import { addMs, durationMs, epochMs, toIso } from '../../../shared/platform/time.ts';

describe('durationMs', () => {
  it.each([
    ['PT0S', 0],
    ['PT1S', 1_000],
    ['PT0.5S', 500],
    ['PT1M', 60_000],
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['P1W', 604_800_000],
    ['P1DT1S', 86_401_000],
  ])('%s is %d ms', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });

  it.each(['', '5m', 'P', 'P1M', 'P1Y', '-PT1S', 'PT'])('refuses %j', (text) => {
    expect(() => durationMs(text)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' }));
  });
});

describe('instants', () => {
  it('render as RFC 3339 in UTC', () => {
    expect(toIso(addMs(epochMs(1_767_225_600_000), 1))).toBe('2026-01-01T00:00:00.001Z');
  });
});
