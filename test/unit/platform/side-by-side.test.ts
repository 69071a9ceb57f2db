import { describe, expect, it } from 'vitest';
import { sideBySide } from '../../../shared/platform/side-by-side.ts';

describe('work side by side', () => {
  it('gives what each item gave, in the order of the items, and never has more under way than it may', async () => {
    let [running, most] = [0, 0];
    const work = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < 10 - item; turn += 1) await Promise.resolve();
      running -= 1;
      return item * 2;
    };

    expect(await sideBySide([1, 2, 3, 4, 5, 6], 2, work)).toEqual([2, 4, 6, 8, 10, 12]);
    expect(most).toBe(2);
    expect(await sideBySide([], 3, work)).toEqual([]);
  });

  it('begins nothing more after a failure, and fails with the first when all has ended', async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<void>();
    const begun: number[] = [];
    let ended = false;
    const result = sideBySide([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('first');
      await slow;
      ended = true;
      throw new Error('second');
    });
    const failed = result.catch((error: Error) => `${error.message}, ended: ${ended}`);
    await Promise.resolve();
    end();

    expect(await failed).toBe('first, ended: true');
    expect(begun).toEqual([1, 2]);
  });
});
