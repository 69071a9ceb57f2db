import { SlipwayError } from '../platform/errors.ts';

/** A refusal in MLflow's words: its users and their tests match on them. */
export const invalid = (message: string): SlipwayError => new SlipwayError('INVALID_PARAMETER_VALUE', message);
