import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { createBlobLeases } from '../../../shared/azure/blob/create-blob-leases.ts';
import type { Leases } from '../../../shared/platform/lease.ts';
import { startTestAzurite } from '../../support/azurite.ts';

/** What every `Leases` promises; `open` gives another worker's view each time. */
const leasesContract = (name: string, open: () => Leases): void => {
  describe(`Leases: ${name}`, () => {
    it('runs the work and returns its result', async () => {
      await expect(open().withLease('timer/sweep', async () => 42)).resolves.toEqual({ held: true, result: 42 });
    });

    it('does not run work under a name that another holds', async () => {
      const inner = await open().withLease('busy', () =>
        open().withLease('busy', () => Promise.reject(new Error('ran beside the first'))),
      );

      expect(inner).toEqual({ held: true, result: { held: false } });
    });

    it('keeps names apart', async () => {
      const inner = await open().withLease('one', () => open().withLease('two', async () => 'both'));

      expect(inner).toEqual({ held: true, result: { held: true, result: 'both' } });
    });

    it('gives the name back when the work is done, and when it throws', async () => {
      const leases = open();
      await leases.withLease('reused', async () => 1);
      await expect(leases.withLease('reused', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');

      await expect(open().withLease('reused', async () => 3)).resolves.toEqual({ held: true, result: 3 });
    });

    it('lets one in when many ask at once for a name nobody had', async () => {
      let running = 0;
      let most = 0;
      const work = async (): Promise<void> => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      };

      const outcomes = await Promise.all(Array.from({ length: 12 }, () => open().withLease('contended', work)));

      expect(most).toBe(1);
      expect(outcomes.filter(({ held }) => held).length).toBeGreaterThanOrEqual(1);
    });
  });
};

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startTestAzurite();
});
afterAll(() => azurite.close());

leasesContract('blob leases', () => createBlobLeases({ connectionString: azurite.connectionString }));
