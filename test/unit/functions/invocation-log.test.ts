import { setImmediate as tick } from 'node:timers/promises';
import type { InvocationContext } from '@azure/functions';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type InvocationLog, withInvocationLog, writeLine } from '../../../functions/invocation-log.ts';
import { createLogger } from '../../../shared/platform/logging.ts';

const createInvocation = () => {
  const lines: string[] = [];
  const take = (level: string) => (line: string) => void lines.push(`${level} ${JSON.parse(line).msg}`);
  const log: InvocationLog = { log: take('log'), warn: take('warn'), error: take('error') };
  return { lines, context: log as InvocationContext };
};

const log = createLogger(writeLine);

describe('the log of an invocation', () => {
  afterEach(() => vi.restoreAllMocks());

  it('gets the lines of its own work at their level, also after a wait', async () => {
    const first = createInvocation();
    const second = createInvocation();
    const handler = withInvocationLog(async (input: unknown) => {
      log.info({}, `${input} begins`);
      await tick();
      log.child({ rollout: 'r1' }).warn({}, `${input} waits`);
      log.error({}, `${input} fails`);
    });

    await Promise.all([handler('a', first.context), handler('b', second.context)]);

    expect(first.lines).toEqual(['log a begins', 'warn a waits', 'error a fails']);
    expect(second.lines).toEqual(['log b begins', 'warn b waits', 'error b fails']);
  });

  it('gives back what the handler gives back', () => {
    expect(withInvocationLog((input: unknown) => `${input}!`)('a', createInvocation().context)).toBe('a!');
  });

  it('is the console where no invocation runs', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);

    log.warn({ code: 'X' }, 'outside');

    expect(JSON.parse(String(warn.mock.calls[0]?.[0]))).toMatchObject({ level: 'warn', code: 'X', msg: 'outside' });
  });
});
