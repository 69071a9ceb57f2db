import { randomUUID } from 'node:crypto';
import { addMs, epochMs, toIso } from '../../shared/platform/time.ts';
import { ArmError, type ArmErrorDetail, armErrorBody } from './arm-error.ts';
import type { OperationRecord } from './records.ts';
import type { Workspace } from './workspace.ts';

const KEPT_MS = 86_400_000;

export type NewOperation = Pick<OperationRecord, 'action' | 'endpoint' | 'deployment' | 'wish'>;

/** Records that a long-running operation began; `oeidp` marks an endpoint's, `odidp` a deployment's. */
export const beginOperation = (workspace: Workspace, operation: NewOperation): OperationRecord => {
  const kind = operation.deployment === undefined ? 'oeidp' : 'odidp';
  const id = `${kind}:${randomUUID()}:${randomUUID()}`;
  const record: OperationRecord = { ...operation, id, status: 'InProgress', startedAt: workspace.clock() };
  workspace.operations.put(id, record);
  return record;
};

export interface OperationFailure {
  readonly code: string;
  readonly message: string;
  readonly details: readonly ArmErrorDetail[];
}

/** Records how an operation ended. */
export const endOperation = (workspace: Workspace, id: string, failure?: OperationFailure): void => {
  const record = workspace.operations.get(id);
  if (record === undefined) return;
  workspace.operations.put(id, {
    ...record,
    status: failure ? 'Failed' : 'Succeeded',
    endedAt: workspace.clock(),
    ...(failure && { error: { code: failure.code, message: failure.message, details: [...failure.details] } }),
  });
};

/** Forgets operations that ended a day ago. */
export const forgetOldOperations = (workspace: Workspace): void => {
  const before = addMs(workspace.clock(), -KEPT_MS);
  for (const { id, endedAt } of workspace.operations.all()) {
    if (endedAt !== undefined && endedAt < before) workspace.operations.delete(id);
  }
};

const operationUrl = (workspace: Workspace, kind: string, id: string, apiVersion: string): string => {
  const { publicUrl, workspaceId } = workspace.options;
  const subscription = workspaceId.split('/').slice(0, 3).join('/');
  const provider = `${subscription}/providers/Microsoft.MachineLearningServices`;
  return `${publicUrl}${provider}/locations/${workspace.location}/${kind}/${id}?api-version=${apiVersion}`;
};

/** Where the status of an operation is read: the value of `Azure-AsyncOperation`. */
export const statusUrl = (workspace: Workspace, id: string, apiVersion: string): string =>
  operationUrl(workspace, 'mfeOperationsStatus', id, apiVersion);

/** Where the result of an operation is waited for: the value of `Location`. */
export const resultUrl = (workspace: Workspace, id: string, apiVersion: string): string =>
  operationUrl(workspace, 'mfeOperationResults', id, apiVersion);

/** The status document of an operation. */
export const operationStatus = (record: OperationRecord): Record<string, unknown> => ({
  id: record.id,
  name: record.id,
  status: record.status,
  startTime: toIso(epochMs(record.startedAt)),
  ...(record.endedAt !== undefined && { endTime: toIso(epochMs(record.endedAt)) }),
  ...(record.error && armErrorBody(record.error)),
});

export const failureOf = (error: unknown): OperationFailure =>
  error instanceof ArmError
    ? error
    : { code: 'InternalServerError', message: error instanceof Error ? error.message : String(error), details: [] };
