import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../shared/platform/turns.ts';

const doors = () => Promise.withResolvers<void>();

describe('work that takes turns', () => {
  it('under one key is done one after the other, in the order it came', async () => {
    const turns = createTurns();
    const told: string[] = [];
    const [first, second] = [doors(), doors()];
    const work = (name: string, door: Promise<void>) => async () => {
      told.push(`${name} begins`);
      await door;
      told.push(`${name} ends`);
      return name;
    };
    const results = [turns.take('a', work('1', first.promise)), turns.take('a', work('2', second.promise))];
    second.resolve();
    await Promise.resolve();
    first.resolve();
    expect(await Promise.all(results)).toEqual(['1', '2']);
    expect(told).toEqual(['1 begins', '1 ends', '2 begins', '2 ends']);
  });

  it('under different keys does not wait', async () => {
    const turns = createTurns();
    const door = doors();
    const waiting = turns.take('a', () => door.promise);
    expect(await turns.take('b', async () => 'done')).toBe('done');
    door.resolve();
    await waiting;
  });

  it('goes on behind work that failed', async () => {
    const turns = createTurns();
    const failed = turns.take('a', () => Promise.reject(new Error('broken')));
    const next = turns.take('a', async () => 'done');
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });

  it('is refused with a time to come back when too much waits, and taken again afterwards', async () => {
    const turns = createTurns(2);
    const door = doors();
    const waiting = [turns.take('a', () => door.promise), turns.take('a', async () => undefined)];
    const refused = turns.take('a', async () => undefined);
    await expect(refused).rejects.toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', retryAfterMs: 2_000 });
    door.resolve();
    await Promise.all(waiting);
    expect(await turns.take('a', async () => 'done')).toBe('done');
  });
});
