import { describe, expect, it } from 'vitest';
import { deliver } from '../../../shared/platform/delivery.ts';
import { ERROR_CODES, ON_FAILURE, SlipwayError } from '../../../shared/platform/errors.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const NOW = epochMs(1_767_225_600_000);

const setUp = () => {
  const parkingLot = createParkingLot(createMemoryDocuments());
  return { parkingLot, services: { parkingLot, clock: () => NOW, log: silentLogger } };
};

const target = { kind: 'function', name: 'on-ping' } as const;
const failing = (code: (typeof ERROR_CODES)[number]) => () => Promise.reject(new SlipwayError(code, 'no'));

describe('deliver', () => {
  it('says handled when the work is done', async () => {
    const { services, parkingLot } = setUp();

    await expect(deliver({ target, payload: {}, lastAttempt: false }, async () => {}, services)).resolves.toBe(
      'handled',
    );
    expect((await parkingLot.list(10)).items).toEqual([]);
  });

  it.each(ERROR_CODES)('throws or parks %s as the table says', async (code) => {
    const { services, parkingLot } = setUp();

    const delivery = deliver({ target, payload: { id: 'e1' }, lastAttempt: false }, failing(code), services);

    if (ON_FAILURE[code] === 'park') {
      await expect(delivery).resolves.toBe('parked');
      expect((await parkingLot.list(10)).items).toMatchObject([{ target, payload: { id: 'e1' }, code, message: 'no' }]);
    } else {
      await expect(delivery).rejects.toMatchObject({ code });
      expect((await parkingLot.list(10)).items).toEqual([]);
    }
  });

  it.each(ERROR_CODES)('parks %s on the last attempt', async (code) => {
    const { services } = setUp();

    await expect(deliver({ target, payload: {}, lastAttempt: true }, failing(code), services)).resolves.toBe('parked');
  });

  it('throws what nobody expected as INTERNAL_ERROR', async () => {
    const { services } = setUp();
    const work = () => Promise.reject(new TypeError('boom'));

    await expect(deliver({ target, payload: {}, lastAttempt: false }, work, services)).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
    });
  });
});

describe('parking lot', () => {
  it('keeps one document for the same payload of one target and day, with the latest reason', async () => {
    const { parkingLot } = setUp();
    const park = (message: string) =>
      parkingLot.park({ target, payload: { id: 'e1' }, error: new SlipwayError('INVALID_STATE', message) }, NOW);

    const first = await park('one');
    const second = await park('two');

    expect(second).toBe(first);
    expect((await parkingLot.list(10)).items).toMatchObject([{ id: first, message: 'two' }]);
  });

  it('finds a parked delivery by its id alone and marks it as replayed', async () => {
    const { parkingLot } = setUp();
    const id = await parkingLot.park({ target, payload: 1, error: new SlipwayError('INVALID_STATE', 'no') }, NOW);

    await parkingLot.markReplayed(await parkingLot.get(id), NOW);

    await expect(parkingLot.get(id)).resolves.toMatchObject({ payload: 1, replayedAt: '2026-01-01T00:00:00.000Z' });
  });

  it('says which delivery it does not have', async () => {
    const { parkingLot } = setUp();

    await expect(parkingLot.get('2026-01-01.pk_none')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
  });
});
