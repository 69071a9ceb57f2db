import { describe, expect, it } from 'vitest';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { recordRun } from '../../../shared/tracking/record-run.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const NOW = epochMs(1_767_225_600_000);
const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const RUN = {
  experimentId: '4',
  experimentName: 'heart',
  runId: 'run/9',
  status: 'completed',
  at: '2026-01-01T00:00:00Z',
};

const setUp = () => {
  const tracking = createMemoryDocuments();
  const of = (kind: string) =>
    tracking
      .all()
      .filter(({ value }) => value.kind === kind)
      .map(({ value }) => value);
  return {
    services: { tracking, clock: () => NOW },
    tracking,
    outcome: () => of('run-outcome')[0],
    journal: () => of('journal'),
  };
};

describe('recordRun', () => {
  it('journals how a run ended and keeps its outcome', async () => {
    const { services, outcome, journal } = setUp();

    expect(await recordRun({ ...RUN, monitorBreach: 'data_drift' }, CAUSE, services)).toBe(true);

    const data = {
      experimentId: '4',
      experimentName: 'heart',
      runId: 'run/9',
      status: 'completed',
      monitorBreach: 'data_drift',
    };
    expect(outcome()).toEqual({ id: 'outcome', kind: 'run-outcome', ...data, at: '2026-01-01T00:00:00Z' });
    expect(journal()).toMatchObject([
      { type: 'slipway.run.completed', subject: 'experiments/4/runs/run%2F9', data, causedBy: 'evt-1' },
    ]);
    expect(eventDataSchema('slipway.run.completed').parse(data)).toEqual(data);
  });

  it.each([
    ['completed', 'slipway.run.completed'],
    ['failed', 'slipway.run.failed'],
    ['canceled', 'slipway.run.failed'],
  ])('takes %s for an end', async (status, type) => {
    const { services, journal } = setUp();

    expect(await recordRun({ ...RUN, status }, CAUSE, services)).toBe(true);
    expect(journal()).toMatchObject([{ type, data: { status } }]);
  });

  it.each(['running', 'queued', 'preparing', 'starting', 'finalizing', 'cancelrequested', 'notstarted', ''])(
    'takes %j for no end',
    async (status) => {
      const { services, tracking } = setUp();

      expect(await recordRun({ ...RUN, status }, CAUSE, services)).toBe(false);
      expect(tracking.all()).toEqual([]);
    },
  );

  it('records the two events of one end once', async () => {
    const { services, journal } = setUp();
    await recordRun(RUN, CAUSE, services);

    expect(await recordRun(RUN, { ...CAUSE, causedBy: 'evt-2' }, services)).toBe(false);
    expect(journal()).toHaveLength(1);
  });

  it.each([
    ['in order', ['failed', 'completed']],
    ['out of order', ['completed', 'failed']],
  ])('keeps the later outcome when two come %s, and journals both', async (_, arriving) => {
    const { services, outcome, journal } = setUp();
    const at: Readonly<Record<string, string>> = {
      failed: '2026-01-01T00:00:00.9Z',
      completed: '2026-01-01T02:00:01+01:00',
    };

    for (const status of arriving) await recordRun({ ...RUN, status, at: at[status] ?? '' }, CAUSE, services);

    expect(outcome()).toMatchObject({ status: 'completed' });
    expect(journal()).toHaveLength(2);
  });

  it('keeps runs apart', async () => {
    const { services, tracking } = setUp();
    await recordRun(RUN, CAUSE, services);
    await recordRun({ ...RUN, runId: 'run/10' }, CAUSE, services);

    expect(new Set(tracking.all().map(({ partition }) => partition))).toEqual(new Set(['run%2F9', 'run%2F10']));
  });

  it('lets the loser of two outcomes at once try again, and keeps the later one', async () => {
    const { services, outcome, journal } = setUp();
    const later = { ...RUN, status: 'failed', at: '2026-01-02T00:00:00Z' };

    const results = await Promise.allSettled([
      recordRun(later, { ...CAUSE, causedBy: 'evt-2' }, services),
      recordRun(RUN, CAUSE, services),
    ]);
    await Promise.all([later, RUN].map((run) => recordRun(run, CAUSE, services)));

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcome()).toMatchObject({ status: 'failed' });
    expect(journal()).toHaveLength(2);
  });

  it('takes a status that is a word of the language for no end', async () => {
    const { services, journal } = setUp();

    expect(await recordRun({ ...RUN, status: 'constructor' }, CAUSE, services)).toBe(false);
    expect(journal()).toEqual([]);
  });
});
