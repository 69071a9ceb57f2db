import { type ArmError, userError } from './arm-error.ts';
import type { DeploymentRecord, EndpointBody } from './records.ts';
import type { Percents } from './traffic-choice.ts';

/** Names that are sent something: a zero means the same as leaving the name out. */
export const positive = (percents: Percents): Record<string, number> =>
  Object.fromEntries(Object.entries(percents).filter(([, percent]) => percent > 0));

/** What is wrong with the traffic of a wish, or undefined. */
export const trafficError = (wish: EndpointBody, deployments: readonly DeploymentRecord[]): ArmError | undefined => {
  const traffic = positive(wish.properties.traffic);
  const mirror = positive(wish.properties.mirrorTraffic);
  const sum = Object.values(traffic).reduce((total, percent) => total + percent, 0);
  if (sum !== 0 && sum !== 100) {
    return userError('InvalidTraffic', `The sum of traffic must be 0 or 100, but it is ${sum}.`);
  }
  return namesError({ ...wish.properties.traffic, ...mirror }, deployments) ?? mirrorError(traffic, mirror);
};

const namesError = (percents: Percents, deployments: readonly DeploymentRecord[]): ArmError | undefined => {
  for (const [name, percent] of Object.entries(percents)) {
    const deployment = deployments.find((each) => each.name === name);
    if (deployment === undefined || deployment.state === 'Deleting') {
      return userError('DeploymentNotFound', `Traffic names the deployment '${name}', which does not exist.`);
    }
    if (percent > 0 && (deployment.state === 'Creating' || deployment.state === 'Failed')) {
      return userError(
        'DeploymentNotReady',
        `Traffic names the deployment '${name}', which is in ${deployment.state} provisioning state.`,
      );
    }
  }
  return undefined;
};

const mirrorError = (traffic: Percents, mirror: Percents): ArmError | undefined => {
  const [first, ...others] = Object.entries(mirror);
  if (first === undefined) return undefined;
  if (others.length > 0) return userError('InvalidMirrorTraffic', 'Only one deployment can take mirror traffic.');
  const [name, percent] = first;
  if (percent > 50) {
    return userError('InvalidMirrorTraffic', `Mirror traffic must be at most 50 percent, but it is ${percent}.`);
  }
  if (name in traffic) {
    return userError('InvalidMirrorTraffic', `The deployment '${name}' cannot take live and mirror traffic at once.`);
  }
  return undefined;
};
