import { SlipwayError } from '../../shared/platform/errors.ts';
import type { Clock } from '../../shared/platform/time.ts';
import type {
  DeploymentMetrics,
  DeploymentSpec,
  EndpointMetrics,
  Endpoints,
  InvocationAnswer,
  ObservedDeployment,
  ObservedEndpoint,
  Traffic,
} from '../../shared/rollout/ports.ts';

/** How requests to a deployment go. */
export interface Behaviour {
  readonly errorRate: number;
  readonly latencyMs: number;
  /** Instead of an ordinary answer to a forced request. */
  readonly answer?: Partial<InvocationAnswer>;
  /** The deployment never comes up. */
  readonly broken?: string;
}

const HEALTHY: Behaviour = { errorRate: 0.005, latencyMs: 20 };

interface FakeDeployment {
  readonly spec: DeploymentSpec;
  readonly readyAt: number;
}

interface Applied {
  readonly at: number;
  readonly traffic: Traffic;
}

export interface FakeEndpointsOptions {
  readonly clock: Clock;
  readonly requestsPerMinute?: number;
  readonly provisionMs?: number;
  /** How long a write takes to be seen by readers. */
  readonly readLagMs?: number;
  readonly granularityMs?: number;
  /** Counts of bad requests; by default their expectation, rounded half to even over time. */
  readonly drawErrors?: (requests: number, rate: number) => number;
}

export interface FakeEndpoints extends Endpoints, EndpointMetrics {
  /** Behaviour by deployment or by version. */
  readonly behaviours: Map<string, Behaviour>;
  /** What was really done, in order: a write that changed nothing is not listed. */
  readonly changes: string[];
  /** Every traffic write that was accepted. */
  readonly trafficPuts: Traffic[];
  /** Somebody else edits the traffic. */
  editTraffic(endpoint: string, traffic: Traffic): void;
  removeDeployment(endpoint: string, deployment: string): void;
  /** Throws this from the named operation while set. */
  readonly failures: Map<keyof Endpoints | 'read', SlipwayError>;
  /** Applied traffic now, without lag. */
  trafficOf(endpoint: string): Traffic;
  deploymentsOf(endpoint: string): readonly string[];
  requestsPerMinute: number;
}

const same = (a: Traffic, b: Traffic): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (traffic: Traffic) =>
  Object.entries(traffic)
    .filter(([, percent]) => percent > 0)
    .sort();

/** A serving platform in memory that keeps state, splits traffic by weight over time, and reports metrics of it. */
export const createFakeEndpoints = (options: FakeEndpointsOptions): FakeEndpoints => {
  const { clock, provisionMs = 30_000, readLagMs = 0, granularityMs = 1_000 } = options;
  const histories = new Map<string, Applied[]>();
  const deployments = new Map<string, Map<string, FakeDeployment>>();
  const behaviours = new Map<string, Behaviour>();
  const failures: FakeEndpoints['failures'] = new Map();
  const changes: string[] = [];
  const trafficPuts: Traffic[] = [];
  const draw = options.drawErrors ?? ((requests, rate) => Math.round(requests * rate));

  const check = (operation: keyof Endpoints | 'read'): void => {
    const failure = failures.get(operation);
    if (failure !== undefined) throw failure;
  };
  const behaviourOf = (endpoint: string, name: string): Behaviour => {
    const version = deployments.get(endpoint)?.get(name)?.spec.model.version ?? '';
    return behaviours.get(name) ?? behaviours.get(version) ?? HEALTHY;
  };
  const trafficAt = (endpoint: string, at: number): Traffic =>
    histories.get(endpoint)?.findLast((applied) => applied.at <= at)?.traffic ?? {};
  const apply = (endpoint: string, traffic: Traffic): void => {
    if (same(trafficAt(endpoint, clock()), traffic)) return;
    histories.get(endpoint)?.push({ at: clock(), traffic: { ...traffic } });
    changes.push(`traffic ${JSON.stringify(traffic)}`);
  };
  const observed = (endpoint: string, name: string): ObservedDeployment | undefined => {
    const found = deployments.get(endpoint)?.get(name);
    if (found === undefined) return undefined;
    const { broken } = behaviourOf(endpoint, name);
    const up = clock() >= found.readyAt;
    const base = { name, image: found.spec.image, model: found.spec.model };
    if (!up) return { ...base, provisioningState: 'Creating' };
    return broken === undefined
      ? { ...base, provisioningState: 'Succeeded' }
      : { ...base, provisioningState: 'Failed', error: broken };
  };

  /** Requests that a deployment had before an instant: the integral of its weight over time. */
  const requestsBefore = (endpoint: string, name: string, before: number): number => {
    const history = histories.get(endpoint) ?? [];
    let weighted = 0;
    history.forEach(({ at, traffic }, i) => {
      const end = Math.min(before, history[i + 1]?.at ?? before);
      const weight = traffic[name] ?? 0;
      if (weight > 0 && end > at) weighted += (end - at) * (weight / 100);
    });
    return Math.floor((weighted / 60_000) * fake.requestsPerMinute);
  };
  const requestsIn = (endpoint: string, name: string, from: number, to: number): number =>
    requestsBefore(endpoint, name, to) - requestsBefore(endpoint, name, from);

  const fake: FakeEndpoints = {
    behaviours,
    failures,
    changes,
    trafficPuts,
    granularityMs,
    requestsPerMinute: options.requestsPerMinute ?? 600,

    trafficOf: (endpoint) => trafficAt(endpoint, clock()),
    deploymentsOf: (endpoint) => [...(deployments.get(endpoint)?.keys() ?? [])].sort(),
    editTraffic: apply,
    removeDeployment: (endpoint, name) => {
      deployments.get(endpoint)?.delete(name);
    },

    async getEndpoint(endpoint): Promise<ObservedEndpoint | undefined> {
      check('getEndpoint');
      if (!histories.has(endpoint)) return undefined;
      return {
        name: endpoint,
        provisioningState: 'Succeeded',
        traffic: { ...trafficAt(endpoint, clock() - readLagMs) },
        mirrorTraffic: {},
        scoringUri: `https://${endpoint}.example/score`,
      };
    },

    async ensureEndpoint(endpoint) {
      check('ensureEndpoint');
      if (histories.has(endpoint)) return;
      histories.set(endpoint, [{ at: Number.NEGATIVE_INFINITY, traffic: {} }]);
      deployments.set(endpoint, new Map());
      changes.push(`endpoint ${endpoint}`);
    },

    async putTraffic(endpoint, traffic) {
      check('putTraffic');
      const sum = Object.values(traffic).reduce((total, percent) => total + percent, 0);
      const unknown = Object.keys(traffic).find((name) => deployments.get(endpoint)?.has(name) !== true);
      if ((sum !== 0 && sum !== 100) || unknown !== undefined) {
        throw new SlipwayError('INVALID_PARAMETER_VALUE', `traffic ${JSON.stringify(traffic)} is refused`);
      }
      trafficPuts.push({ ...traffic });
      apply(endpoint, traffic);
    },

    async getDeployment(endpoint, name) {
      check('getDeployment');
      return observed(endpoint, name);
    },

    async listDeployments(endpoint) {
      check('listDeployments');
      return fake.deploymentsOf(endpoint).flatMap((name) => observed(endpoint, name) ?? []);
    },

    async putDeployment(endpoint, name, spec) {
      check('putDeployment');
      const before = deployments.get(endpoint)?.get(name);
      if (before !== undefined && JSON.stringify(before.spec) === JSON.stringify(spec) && clock() < before.readyAt)
        return;
      if (before !== undefined && behaviourOf(endpoint, name).broken === undefined) return;
      deployments.get(endpoint)?.set(name, { spec, readyAt: clock() + provisionMs });
      changes.push(`deploy ${spec.model.name}:${spec.model.version}`);
    },

    async deleteDeployment(endpoint, name) {
      check('deleteDeployment');
      if ((trafficAt(endpoint, clock())[name] ?? 0) > 0) {
        throw new SlipwayError('INVALID_PARAMETER_VALUE', `deployment ${name} has traffic`);
      }
      const spec = deployments.get(endpoint)?.get(name)?.spec;
      if (deployments.get(endpoint)?.delete(name) === true) changes.push(`delete ${spec?.model.version ?? name}`);
    },

    async invoke(endpoint, { deployment = '' }) {
      check('invoke');
      const { latencyMs, answer } = behaviourOf(endpoint, deployment);
      return { status: 200, latencyMs, body: '{"predictions":[1]}', ...answer };
    },

    async logs() {
      return '';
    },

    async read(endpoint, from, to) {
      check('read');
      const names = new Set((histories.get(endpoint) ?? []).flatMap(({ traffic }) => Object.keys(traffic)));
      const metrics: Record<string, DeploymentMetrics> = {};
      for (const name of names) {
        const requests = requestsIn(endpoint, name, from, to);
        const { errorRate, latencyMs } = behaviourOf(endpoint, name);
        if (requests === 0) continue;
        metrics[name] = {
          requests,
          errors: draw(requests, errorRate),
          timeouts: 0,
          p50Ms: latencyMs,
          p95Ms: latencyMs * 2,
          p99Ms: latencyMs * 3,
        };
      }
      return metrics;
    },
  };
  return fake;
};
