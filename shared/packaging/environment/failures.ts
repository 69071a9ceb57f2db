/** Why an environment could not be built. */
export const ENVIRONMENT_FAILURES = [
  'no-matching-version',
  'no-wheel',
  'yanked',
  'conflict',
  'hash-mismatch',
  'python-unavailable',
  'network',
  'timeout',
  'builder-refused',
  'build-failed',
] as const;

export type EnvironmentFailure = (typeof ENVIRONMENT_FAILURES)[number];

/** Failures that another attempt may get past. All others end the same way until the index or the files change. */
export const isPassing = (failure: EnvironmentFailure): boolean => failure === 'network' || failure === 'timeout';
