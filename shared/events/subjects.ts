import { encodeId } from '../platform/ids.ts';

/** Subjects of our events, and so the paths that subscribers filter by. Names are percent-encoded. */
export const subjectOf = {
  model: (name: string): string => `models/${encodeId(name)}`,
  version: (name: string, version: string): string => `models/${encodeId(name)}/versions/${version}`,
  environment: (key: string): string => `environments/${key}`,
  endpoint: (name: string): string => `endpoints/${name}`,
  deployment: (endpoint: string, deployment: string): string => `endpoints/${endpoint}/deployments/${deployment}`,
  monitor: (name: string): string => `monitors/${encodeId(name)}`,
  experiment: (experimentId: string): string => `experiments/${encodeId(experimentId)}`,
  run: (experimentId: string, runId: string): string => `experiments/${encodeId(experimentId)}/runs/${encodeId(runId)}`,
  origin: (name: string): string => `origins/${encodeId(name)}`,
  delivery: (id: string): string => `deliveries/${id}`,
};
