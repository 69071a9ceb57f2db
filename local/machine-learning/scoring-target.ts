import { admittedRequests, requestTimeoutMs } from './deployment-rules.ts';
import type { Fleet } from './fleet.ts';
import type { ModelServer } from './model-server.ts';
import type { DeploymentBody, DeploymentRecord } from './records.ts';
import { deploymentKey, type Workspace } from './workspace.ts';

/** A deployment that a request was routed to. */
export interface ScoringTarget {
  readonly record: DeploymentRecord;
  readonly server: ModelServer;
  readonly timeoutMs: number;
  /** More requests at once than this are answered 429. */
  readonly admitted: number;
}

const limitsOf = new WeakMap<DeploymentBody, { readonly timeoutMs: number; readonly admitted: number }>();

const limits = (body: DeploymentBody): { readonly timeoutMs: number; readonly admitted: number } => {
  const known = limitsOf.get(body);
  if (known) return known;
  const parsed = { timeoutMs: requestTimeoutMs(body), admitted: admittedRequests(body) };
  limitsOf.set(body, parsed);
  return parsed;
};

/** The deployment with a server, or undefined when it is missing, leaving, or never came up. */
export const scoringTarget = (
  workspace: Workspace,
  fleet: Fleet,
  endpoint: string,
  deployment: string,
): ScoringTarget | undefined => {
  const record = workspace.deployments.get(deploymentKey(endpoint, deployment));
  const server = fleet.server(endpoint, deployment);
  if (record === undefined || server === undefined || record.state === 'Deleting') return undefined;
  return { record, server, ...limits(record.body) };
};
