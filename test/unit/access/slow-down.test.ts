import { describe, expect, it } from 'vitest';
import { createSlowDown, delayOf } from '../../../shared/platform/access/slow-down.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';

const createWorld = () => {
  let now = epochMs(0);
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const slowDown = createSlowDown({
    clock: () => now,
    wait: (ms) => new Promise<void>((end) => waits.push({ ms, end })),
  });
  const pass = (ms: number): void => {
    now = addMs(now, ms);
  };
  return { slowDown, waits, pass };
};

const failAt = async ({ slowDown, waits }: ReturnType<typeof createWorld>, address: string): Promise<number> => {
  const before = waits.length;
  const done = slowDown.afterFailure(address);
  const held = waits[before];
  held?.end();
  await done;
  return held?.ms ?? 0;
};

describe('answers to wrong credentials', () => {
  it('come at once three times, and then later and later, up to four seconds', async () => {
    const world = createWorld();
    const delays: number[] = [];
    for (let failures = 0; failures < 10; failures += 1) delays.push(await failAt(world, '203.0.113.7'));

    expect(delays).toEqual([0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000]);
    expect(delayOf(1_000_000)).toBe(4000);
  });

  it('are held up for each address by itself', async () => {
    const world = createWorld();
    for (let failures = 0; failures < 6; failures += 1) await failAt(world, '203.0.113.7');

    expect(await failAt(world, '203.0.113.8')).toBe(0);
  });

  it('come at once again after a quarter of an hour without any', async () => {
    const world = createWorld();
    for (let failures = 0; failures < 6; failures += 1) await failAt(world, '203.0.113.7');
    world.pass(15 * 60_000 + 1);

    expect(await failAt(world, '203.0.113.7')).toBe(0);
  });

  it('are held four at a time and no more, so that right ones find room', async () => {
    const { slowDown, waits } = createWorld();
    const all = Array.from({ length: 300 }, () => slowDown.afterFailure('203.0.113.7'));

    expect(waits).toHaveLength(4);
    for (const { end } of waits) end();
    await Promise.all(all);
    void slowDown.afterFailure('203.0.113.7');
    expect(waits).toHaveLength(5);
  });
});
