import { AZURE_ML, runCompletedData, runStatusChangedData } from '../../shared/events/azure-ml.ts';
import type { ReceivedEvent } from '../../shared/events/envelope.ts';
import { type RecordRunServices, recordRun } from '../../shared/tracking/record-run.ts';
import { defineEventHandler } from './handler.ts';

/** An event without a time counts as the oldest, so that it never replaces a known outcome. */
const timeOf = (event: ReceivedEvent): string => event.time ?? new Date(0).toISOString();

/** A run of Azure ML ended: its outcome is recorded and journaled, a monitor's breach with it. */
export const runCompleted = defineEventHandler<RecordRunServices>({
  name: 'run-completed',
  on: {
    [AZURE_ML.runCompleted]: async (event, services, { cause }) => {
      await recordRun({ ...runCompletedData.parse(event.data), at: timeOf(event) }, cause, services);
    },
    [AZURE_ML.runStatusChanged]: async (event, services, { cause }) => {
      await recordRun({ ...runStatusChangedData.parse(event.data), at: timeOf(event) }, cause, services);
    },
  },
});
