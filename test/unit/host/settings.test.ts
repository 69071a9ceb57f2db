import { describe, expect, it } from 'vitest';
import { timeSpanMs } from '../../../local/host/host-json.ts';
import { opens } from '../../../local/host/keys.ts';
import { createLog, levelFor } from '../../../local/host/log.ts';
import { connectionSetting, isDisabled, resolveSettings } from '../../../local/host/settings.ts';

describe('resolveSettings', () => {
  it('replaces every %NAME%, however deep', () => {
    const options = { queueName: '%A%-%B%', list: ['%A%'], nested: { b: '%B%' }, n: 5, none: null };

    expect(resolveSettings(options, { A: '1', B: '2' })).toEqual({
      queueName: '1-2',
      list: ['1'],
      nested: { b: '2' },
      n: 5,
      none: null,
    });
  });

  it('names the setting that is missing', () => {
    expect(() => resolveSettings('%GONE%', {})).toThrow("app setting 'GONE'");
  });

  it('leaves a lone percent sign', () => {
    expect(resolveSettings('100% of 5 %', {})).toBe('100% of 5 %');
  });
});

describe('isDisabled', () => {
  it.each([
    [{ 'AzureWebJobs.fn.Disabled': 'true' }, true],
    [{ 'AzureWebJobs.fn.Disabled': '1' }, true],
    [{ AzureWebJobs__fn__Disabled: 'True' }, true],
    [{ 'AzureWebJobs.fn.Disabled': 'false' }, false],
    [{ 'AzureWebJobs.other.Disabled': 'true' }, false],
  ])('with %j is %s', (settings, expected) => {
    expect(isDisabled('fn', settings as Record<string, string>)).toBe(expected);
  });
});

describe('connectionSetting', () => {
  it('takes the name with the prefix of the host first', () => {
    expect(connectionSetting('Storage', { Storage: 'b', AzureWebJobsStorage: 'a' })).toBe('a');
    expect(connectionSetting('Storage', { Storage: 'b' })).toBe('b');
    expect(connectionSetting('C', { C__accountEndpoint: 'e' }, '__accountEndpoint')).toBe('e');
    expect(connectionSetting('C', {})).toBeUndefined();
  });
});

describe('timeSpanMs', () => {
  it.each([
    ['00:00:30', 30_000],
    ['1.02:03:04', 93_784_000],
    ['00:00:00.200', 200],
    ['00:60:00', undefined],
    ['30', undefined],
    ['PT30S', undefined],
  ])('of %s is %s', (text, expected) => {
    expect(timeSpanMs(text)).toBe(expected);
  });
});

describe('log levels', () => {
  const levels = { default: 'warning', Function: 'information', 'Function.noisy': 'error' } as const;

  it.each([
    ['Host.Queues', 'warning'],
    ['Function.quiet', 'information'],
    ['Function.noisy.User', 'error'],
    ['Functions', 'warning'],
  ])('of %s is %s', (category, level) => {
    expect(levelFor(levels, category)).toBe(level);
  });

  it('drop what lies below them', () => {
    const lines: string[] = [];
    const log = createLog(levels, ({ message }) => lines.push(message));

    log('information', 'Host.Queues', 'dropped');
    log('warning', 'Host.Queues', 'kept');
    log('information', 'Function.quiet', 'kept too');

    expect(lines).toEqual(['kept', 'kept too']);
  });
});

describe('opens', () => {
  const keys = { master: 'm', host: { a: 'h' }, function: { f: { b: 'k' } }, system: { eventgrid_extension: 's' } };

  it.each([
    ['m', { kind: 'admin' }, true],
    ['h', { kind: 'admin' }, false],
    ['h', { kind: 'function', functionName: 'f' }, true],
    ['k', { kind: 'function', functionName: 'f' }, true],
    ['k', { kind: 'function', functionName: 'g' }, false],
    ['s', { kind: 'system', key: 'eventgrid_extension' }, true],
    ['s', { kind: 'system', key: 'other' }, false],
    ['', { kind: 'admin' }, false],
    [undefined, { kind: 'admin' }, false],
  ] as const)('%s opens %j: %s', (given, access, expected) => {
    expect(opens(keys, given, access)).toBe(expected);
  });
});
