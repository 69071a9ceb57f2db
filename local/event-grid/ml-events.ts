import { randomUUID } from 'node:crypto';
import { type EpochMs, systemClock, toIso } from '../../shared/platform/time.ts';

/** An event of an Azure service in Event Grid schema, before the topic stamps itself on it. */
export interface SystemTopicEvent {
  readonly id: string;
  readonly subject: string;
  readonly eventType: string;
  readonly eventTime: string;
  readonly dataVersion: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A published Azure ML event, with the workspace's ARM id as its topic. */
export interface MlEvent extends SystemTopicEvent {
  readonly topic: string;
}

type Entries = Readonly<Record<string, string>>;

/** What every Azure ML event needs to be told. */
export interface MlEventBase {
  /** ARM id of the workspace. */
  readonly topic: string;
  /** Default now. */
  readonly at?: EpochMs;
  /** Default random. */
  readonly id?: string;
}

const PREFIX = 'Microsoft.MachineLearningServices';

const mlEvent = (
  { topic, at, id }: MlEventBase,
  type: string,
  subject: string,
  data: Readonly<Record<string, unknown>>,
): MlEvent => ({
  id: id ?? randomUUID(),
  topic,
  subject,
  eventType: `${PREFIX}.${type}`,
  eventTime: toIso(at ?? systemClock()),
  dataVersion: '1.0',
  data,
});

export interface ModelRegistered extends MlEventBase {
  readonly name: string;
  readonly version: string;
  readonly tags?: Entries;
  readonly properties?: Entries;
}

/**
 * Azure ML's event for a new model version.
 *
 * The case of the data's names differs between the five events; it is the documented one.
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-machine-learning
 */
export const modelRegistered = ({ name, version, tags = {}, properties = {}, ...base }: ModelRegistered): MlEvent =>
  mlEvent(base, 'ModelRegistered', `models/${name}:${version}`, {
    ModelName: name,
    ModelVersion: version,
    ModelTags: tags,
    ModelProperties: properties,
  });

export interface ModelDeployed extends MlEventBase {
  readonly serviceName: string;
  readonly computeType: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly tags?: Entries;
  readonly properties?: Entries;
}

/** Azure ML's event for models that were deployed to an endpoint; it does not name the deployment. */
export const modelDeployed = ({ serviceName, tags = {}, properties = {}, ...event }: ModelDeployed): MlEvent =>
  mlEvent(event, 'ModelDeployed', `endpoints/${serviceName}`, {
    ServiceName: serviceName,
    ServiceComputeType: event.computeType,
    ModelIds: event.models.map(({ name, version }) => `${name}:${version}`).join(','),
    ServiceTags: tags,
    ServiceProperties: properties,
  });

export interface RunCompleted extends MlEventBase {
  readonly experimentId: string;
  readonly experimentName: string;
  readonly runId: string;
  readonly runType?: string;
  readonly tags?: Entries;
  readonly properties?: Entries;
}

const runData = (event: RunCompleted): Readonly<Record<string, unknown>> => ({
  experimentId: event.experimentId,
  experimentName: event.experimentName,
  runId: event.runId,
  runType: event.runType ?? null,
  runTags: event.tags ?? {},
  runProperties: event.properties ?? {},
});

const runSubject = ({ experimentId, runId }: RunCompleted): string => `experiments/${experimentId}/runs/${runId}`;

/** Azure ML's event for a run that finished well. */
export const runCompleted = (event: RunCompleted): MlEvent =>
  mlEvent(event, 'RunCompleted', runSubject(event), runData(event));

export interface RunStatusChanged extends RunCompleted {
  /** Lower case, as in `failed`. */
  readonly status: string;
}

/** Azure ML's event for a run's new status, failures included. */
export const runStatusChanged = (event: RunStatusChanged): MlEvent =>
  mlEvent(event, 'RunStatusChanged', runSubject(event), { ...runData(event), runStatus: event.status });

export interface DatasetDriftDetected extends MlEventBase {
  readonly driftId: string;
  readonly driftName: string;
  readonly runId: string;
  readonly baseDatasetId: string;
  readonly targetDatasetId: string;
  /** 0–1. */
  readonly coefficient: number;
  readonly startAt: EpochMs;
  readonly endAt: EpochMs;
}

/** Azure ML's event of the first-generation dataset monitor. */
export const datasetDriftDetected = (event: DatasetDriftDetected): MlEvent =>
  mlEvent(event, 'DatasetDriftDetected', `datadrifts/${event.driftId}/runs/${event.runId}`, {
    DataDriftId: event.driftId,
    DataDriftName: event.driftName,
    RunId: event.runId,
    BaseDatasetId: event.baseDatasetId,
    TargetDatasetId: event.targetDatasetId,
    DriftCoefficient: event.coefficient,
    StartTime: toIso(event.startAt),
    EndTime: toIso(event.endAt),
  });
