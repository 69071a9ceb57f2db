import { toSlipwayError } from '../platform/errors.ts';
import type { EndpointRecord } from './rollout.ts';
import type { RolloutServices } from './services.ts';

/** What of the serving side relies on a version. */
export interface VersionUse {
  readonly version: string;
  readonly endpoint: string;
  readonly rollout?: string;
  /** Who uses it, as in `version 2 serves endpoint heart`. */
  readonly by: string;
  /** What ends that. */
  readonly instead: string;
}

type Services = Pick<RolloutServices, 'rollouts' | 'endpoints' | 'log'>;

type IsAsked = (of: { readonly model?: string | undefined; readonly version?: string | undefined }) => boolean;

const PAGE = 100;

/**
 * Everything that relies on a version, or on any version of a model when none is named: rollouts under way or waiting,
 * what they would go back to, and deployments that requests go to.
 *
 * A deployment that is neither stable nor has traffic is no use: it holds an image of its own.
 */
export const usesOfModel = async (
  services: Services,
  model: string,
  version: string | undefined,
): Promise<readonly VersionUse[]> => {
  const isAsked: IsAsked = (of) => of.model === model && (version === undefined || of.version === version);
  const uses: VersionUse[] = [];
  let continuation: string | undefined;
  do {
    const page = await services.rollouts.listEndpoints({
      limit: PAGE,
      ...(continuation === undefined ? {} : { continuation }),
    });
    for (const { value } of page.items) uses.push(...(await usesOn(services, value, isAsked)));
    continuation = page.next;
  } while (continuation !== undefined);
  return uses;
};

const usesOn = async (services: Services, record: EndpointRecord, isAsked: IsAsked): Promise<readonly VersionUse[]> => {
  const rollingOut = await rolloutUses(services, record, isAsked);
  const serving = await servingUses(services, record, isAsked);
  return [...rollingOut, ...serving.filter((use) => !rollingOut.some(({ version }) => version === use.version))];
};

const rolloutUses = async (
  { rollouts }: Services,
  { name, activeRolloutId, pending }: EndpointRecord,
  isAsked: IsAsked,
): Promise<readonly VersionUse[]> => {
  // Also of a release that is not known: what cannot be read must still keep its version.
  const active = activeRolloutId === undefined ? undefined : (await rollouts.readRaw(name, activeRolloutId))?.value;
  return [
    { rollout: activeRolloutId, doing: 'is taking', model: active?.model, version: active?.version },
    { rollout: pending?.rolloutId, doing: 'waits to take', model: pending?.model, version: pending?.version },
  ].flatMap(({ rollout, doing, model, version }) =>
    rollout === undefined || version === undefined || !isAsked({ model, version })
      ? []
      : [
          {
            version,
            endpoint: name,
            rollout,
            by: `rollout ${rollout} ${doing} version ${version} to endpoint ${name}`,
            instead: 'abort it, or wait for its end',
          },
        ],
  );
};

const servingUses = async (
  services: Services,
  { name, stable, deployments }: EndpointRecord,
  isAsked: IsAsked,
): Promise<readonly VersionUse[]> => {
  const recorded = [
    ...(stable === undefined ? [] : [stable]),
    ...deployments
      .filter((known) => known.name !== stable?.deployment)
      .map((known) => ({ deployment: known.name, model: known.model?.name, version: known.model?.version })),
  ].filter(isAsked);
  if (recorded.length === 0) return [];
  const serves = await servingNow(services, name);
  return recorded.flatMap(({ deployment, version = '' }) =>
    serves(deployment, deployment === stable?.deployment)
      ? [
          {
            version,
            endpoint: name,
            by: `version ${version} serves endpoint ${name} as deployment ${deployment}`,
            instead: 'roll out another version there first, or delete the endpoint',
          },
        ]
      : [],
  );
};

/**
 * Whether a deployment serves, as the platform says: records stay when endpoints are deleted. While it cannot be asked,
 * what is recorded counts.
 */
const servingNow = async ({ endpoints, log }: Services, name: string) => {
  try {
    const [endpoint, deployments] = await Promise.all([endpoints.getEndpoint(name), endpoints.listDeployments(name)]);
    return (deployment: string, isStable: boolean): boolean =>
      endpoint !== undefined &&
      deployments.some((known) => known.name === deployment) &&
      (isStable || (endpoint.traffic[deployment] ?? 0) > 0);
  } catch (cause) {
    const { code, message: reason } = toSlipwayError(cause);
    log.warn({ endpoint: name, code, reason }, 'the platform could not say what serves');
    return (): boolean => true;
  }
};
