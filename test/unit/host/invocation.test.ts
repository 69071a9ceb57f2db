import { describe, expect, it } from 'vitest';
import { messageInput } from '../../../local/host/queue-message.ts';
import { retryDelayMs, withRetries } from '../../../local/host/retry.ts';
import { traceFor } from '../../../local/host/trace.ts';

describe('retryDelayMs', () => {
  it('is always the same with a fixed delay', () => {
    const options = { retryStrategy: 'fixedDelay', maxRetryCount: 3, delayInterval: { seconds: 5 } } as const;

    expect([0, 1, 20].map((retry) => retryDelayMs(options, retry))).toEqual([5000, 5000, 5000]);
  });

  it('doubles from the minimum to the maximum with exponential back-off', () => {
    const options = {
      retryStrategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 1 },
      maximumInterval: { seconds: 10 },
    } as const;

    expect([0, 1, 2, 3, 4, 1000].map((retry) => retryDelayMs(options, retry))).toEqual([
      1000, 2000, 4000, 8000, 10_000, 10_000,
    ]);
  });
});

describe('withRetries', () => {
  const policy = (maxRetryCount: number) =>
    ({ retryStrategy: 'fixedDelay', maxRetryCount, delayInterval: { seconds: 0 } }) as const;

  const failing = (times: number, contexts: unknown[] = []) => {
    let left = times;
    return async (context: unknown) => {
      contexts.push(context);
      left -= 1;
      if (left >= 0) throw new Error('no luck');
    };
  };

  const never = new AbortController().signal;

  it('runs once without a policy', async () => {
    const contexts: unknown[] = [];

    expect(await withRetries(undefined, never, failing(1, contexts))).toBe('failed');
    expect(contexts).toEqual([undefined]);
  });

  it('tells each attempt how many there were and what went wrong', async () => {
    const contexts: unknown[] = [];

    expect(await withRetries(policy(2), never, failing(2, contexts))).toBe('succeeded');
    expect(contexts).toMatchObject([
      { retryCount: 0, maxRetryCount: 2 },
      { retryCount: 1, maxRetryCount: 2, exception: { message: 'no luck' } },
      { retryCount: 2, maxRetryCount: 2, exception: { message: 'no luck' } },
    ]);
  });

  it('gives up when the policy is used up', async () => {
    expect(await withRetries(policy(2), never, failing(3))).toBe('failed');
  });

  it('never gives up with -1, until the host stops', async () => {
    expect(await withRetries(policy(-1), never, failing(50))).toBe('succeeded');
    const stop = new AbortController();
    const endless = withRetries({ ...policy(-1), delayInterval: { seconds: 3600 } }, stop.signal, failing(1000));
    stop.abort();
    expect(await endless).toBe('stopped');
  });
});

describe('messageInput', () => {
  it.each([
    ['eyJhIjoxfQ==', 'base64', { string: '{"a":1}' }],
    ['', 'base64', { string: '' }],
    ['{"a":1}', 'base64', undefined],
    ['abc', 'base64', undefined],
    ['{"a":1}', 'none', { string: '{"a":1}' }],
    ['w6k=', 'base64', { string: 'é' }],
  ] as const)('of %j in %s is %j', (text, encoding, expected) => {
    expect(messageInput(text, encoding)).toEqual(expected);
  });

  it('gives bytes that are no UTF-8 as bytes', () => {
    expect(messageInput('/w==', 'base64')).toEqual({ bytes: Buffer.from([255]) });
  });
});

describe('traceFor', () => {
  it('makes a span below the caller’s', () => {
    const { traceParent, traceState } = traceFor('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'a=b');

    expect(traceParent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
    expect(traceState).toBe('a=b');
  });

  it.each([undefined, '', 'nonsense', '00-0af7-b7ad-01'])('starts a trace for %j', (given) => {
    expect(traceFor(given, 'a=b')).toMatchObject({
      traceParent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
      traceState: '',
    });
  });
});
