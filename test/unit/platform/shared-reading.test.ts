import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedReading } from '../../../shared/platform/shared-reading.ts';

/** Readings that end when the test says so. */
const controlled = () => {
  const readings: PromiseWithResolvers<number>[] = [];
  const read = sharedReading(() => {
    const reading = Promise.withResolvers<number>();
    readings.push(reading);
    return reading.promise;
  });
  return { readings, read };
};

describe('a shared reading', () => {
  it('is one for all who ask while another is under way', async () => {
    const { readings, read } = controlled();
    const first = read();
    const others = [read(), read(), read()];
    readings[0]?.resolve(1);
    await first;
    await expect.poll(() => readings.length).toBe(2);
    readings[1]?.resolve(2);

    expect(await Promise.all([first, ...others])).toEqual([1, 2, 2, 2]);
    expect(readings).toHaveLength(2);
  });

  it('goes on after one that failed, and only who shared that one is told', async () => {
    const { readings, read } = controlled();
    const first = read();
    const second = read();
    readings[0]?.reject(new Error('the store is away'));
    await expect(first).rejects.toThrow('the store is away');
    await expect.poll(() => readings.length).toBe(2);
    readings[1]?.resolve(2);

    await expect(second).resolves.toBe(2);
  });

  it('never gives less than what was written before it was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { maxLength: 30 }), async (scheduler, steps) => {
        let written = 0;
        const read = sharedReading(async () => {
          const seen = written;
          return scheduler.schedule(Promise.resolve(seen));
        });
        const asked: Promise<boolean>[] = [];
        for (const isWrite of steps) {
          if (isWrite) written += 1;
          else {
            const before = written;
            asked.push(read().then((seen) => seen >= before));
          }
        }
        await scheduler.waitFor(Promise.all(asked));

        expect(await Promise.all(asked)).not.toContain(false);
      }),
    );
  });
});
