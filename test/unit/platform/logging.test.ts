import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/platform/logging.ts';

const setUp = (level?: 'debug' | 'info' | 'warn' | 'error') => {
  const lines: string[] = [];
  const log = createLogger((line) => void lines.push(line), level);
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
};

describe('the log', () => {
  it('is one JSON object per line, with level, time, fields and message', () => {
    const { log, lines, parsed } = setUp();

    log.info({ endpoint: 'heart' }, 'traffic moved');

    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(parsed()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        endpoint: 'heart',
        msg: 'traffic moved',
      },
    ]);
  });

  it('has the fields of its parent on every line', () => {
    const { log, parsed } = setUp();

    log.child({ correlationId: 'story-1' }).warn({ code: 'INVALID_STATE' }, 'parked');

    expect(parsed()).toMatchObject([{ level: 'warn', correlationId: 'story-1', code: 'INVALID_STATE' }]);
  });

  it('leaves out what is below its level', () => {
    const { log, parsed } = setUp('warn');

    log.info({}, 'not this');
    log.error({}, 'this');

    expect(parsed()).toMatchObject([{ msg: 'this' }]);
  });

  it.each(['secret', 'token', 'key', 'password', 'authorization'])('never shows a field called %s', (name) => {
    const { log, lines } = setUp();

    log.info({ [name]: 'hunter2' }, 'seen');

    expect(lines[0]).toContain(`"${name}":"[redacted]"`);
    expect(lines[0]).not.toContain('hunter2');
  });

  it.each(['secret', 'token', 'key', 'password', 'authorization'])('never shows a parent field called %s', (name) => {
    const { log, lines } = setUp();

    log.child({ [name]: 'hunter2' }).info({}, 'seen');

    expect(lines[0]).not.toContain('hunter2');
  });
});
