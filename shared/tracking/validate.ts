import { percentDecoded } from '../mlflow/artifact-path.ts';
import { checkLength } from '../mlflow/check-length.ts';
import { invalid } from '../mlflow/invalid.ts';
import { checkKey, checkTagKey, type Tag } from '../mlflow/tags.ts';
import type { Param } from './logged-models/logged-model.ts';
import type { Metric } from './metrics/metric.ts';

const MAX_EXPERIMENT_NAME = 500;
const MAX_EXPERIMENT_TAG_VALUE = 5_000;
const MAX_ARTIFACT_LOCATION = 2_048;
const MAX_PARAM_VALUE = 6_000;
const MAX_TAG_VALUE = 8_000;

/** @throws SlipwayError INVALID_PARAMETER_VALUE for an empty or overlong name */
export const checkExperimentName = (name: string): string => {
  if (name.trim() === '') throw invalid(`Invalid experiment name: '${name}'`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (!name.isWellFormed() || /[\u0000-\u001f\u007f]/.test(name)) {
    throw invalid('Invalid experiment name: a name cannot contain control characters or broken Unicode.');
  }
  return checkLength('name', name, MAX_EXPERIMENT_NAME);
};

export const checkExperimentTag = ({ key, value }: Tag): Tag => {
  checkTagKey(key);
  return { key, value: checkLength('value', value, MAX_EXPERIMENT_TAG_VALUE) };
};

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):/;

/**
 * Where an experiment's artifacts may be kept: any store but a disk, because the server's is not the client's.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE
 */
export const checkArtifactLocation = (location: string): string => {
  checkLength('artifact_location', location, MAX_ARTIFACT_LOCATION);
  const scheme = SCHEME.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') {
    throw invalid(
      `Invalid artifact location: '${location}'. A local path would be on this server: leave artifact_location out to ` +
        'use the artifact store, or give the URI of a store that clients can reach.',
    );
  }
  if (scheme === 'runs' || scheme === 'models') {
    throw invalid(`Artifact location cannot be a ${scheme}:/ URI. Given: '${location}'`);
  }
  const decoded = percentDecoded(location);
  if (/[#;?]/.test(location)) throw invalid("'artifact_location' URL can't include fragments or params, nor a query.");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f]/.test(decoded) || /(^|[/\\])\.\.?([/\\?]|$)/.test(decoded)) {
    throw invalid(`Invalid artifact location: '${location}'. Its path must not contain '.' or '..' segments.`);
  }
  return location.replace(/\/+$/, '');
};

/** The metric, when its key is one. @param path where it was in the request, as in `metrics[3].` */
export const checkMetric = (metric: Metric, path = ''): Metric => {
  checkKey(metric.key, `${path}name`, 'Metric name');
  if (metric.timestamp >= 0) return metric;
  throw invalid(
    `Invalid value ${metric.timestamp} for parameter '${path}timestamp' supplied: metric '${metric.key}' ` +
      `(value=${metric.value}). Timestamp must be a nonnegative long (64-bit integer) `,
  );
};

/** The parameter; what is too long is cut, as MLflow does. @param path as in `params[3].` */
export const checkParam = ({ key, value }: Param, path = ''): Param => {
  checkKey(key, `${path}key`, 'Param key');
  return { key, value: cut(value, MAX_PARAM_VALUE) };
};

/** The tag of a run; what is too long is cut, as MLflow does. @param path as in `tags[3].` */
export const checkRunTag = ({ key, value }: Tag, path = ''): Tag => {
  checkKey(key, `${path}key`);
  return { key, value: cut(value, MAX_TAG_VALUE) };
};

const HIGH_SURROGATE = /[\uD800-\uDBFF]$/;

/** Never through the middle of a character. */
const cut = (text: string, max: number): string =>
  text.length <= max ? text : text.slice(0, max).replace(HIGH_SURROGATE, '');
