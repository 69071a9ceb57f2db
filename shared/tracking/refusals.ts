import { invalid } from '../mlflow/invalid.ts';
import { SlipwayError } from '../platform/errors.ts';
import type { Lifecycle } from './experiments/experiment.ts';

/** The refusals of the tracking server, in MLflow's words: its users and their tests match on them. */

export const experimentNotFound = (experimentId: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${experimentId} exists`);

export const experimentNameNotFound = (name: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name}'`);

export const experimentNotActive = (experimentId: string): SlipwayError =>
  invalid(`The experiment ${experimentId} must be in the 'active' state. Current state is deleted.`);

/** @param lifecycle of the experiment that has the name */
export const experimentNameTaken = (name: string, lifecycle: Lifecycle): SlipwayError =>
  new SlipwayError(
    'RESOURCE_ALREADY_EXISTS',
    lifecycle === 'active'
      ? `Experiment(name=${name}) already exists.`
      : `Experiment(name=${name}) already exists. It is in deleted state: restore it, or choose another name.`,
  );

export const runNotFound = (runId: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `Run with id=${runId} not found`);

export const runNotActive = (runId: string): SlipwayError =>
  invalid(`The run ${runId} must be in the 'active' state. Current state is deleted.`);

export const tagNotFound = (key: string, of: 'run' | 'experiment', id: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key} in ${of} with id ${id}`);
