import * as z from 'zod';
import { SlipwayError } from '../../shared/platform/errors.ts';
import type { AnswerServices } from '../../shared/platform/http/answer.ts';
import { type AnyRoute, defineRoute } from '../../shared/platform/http/route.ts';

const unknown = (name: string, prefix: string, dialect: 'mlflow' | 'slipway'): AnyRoute<AnswerServices> =>
  defineRoute<AnswerServices>()({
    name,
    method: 'GET',
    path: `${prefix}/{*path}`,
    access: 'reader',
    dialect,
    summary: 'Say that there is no such route',
    params: z.object({ path: z.string().default('') }),
    async handle({ params: { path } }) {
      throw new SlipwayError('ENDPOINT_NOT_FOUND', `nothing is at '/${prefix}/${path}', or not for this method`);
    },
  });

/**
 * What answers below our paths where no route does: clients of MLflow read the error code out of the body, and fall
 * back from one method to another by it.
 */
export const unknownRoutes: readonly AnyRoute<AnswerServices>[] = [
  unknown('mlflow-unknown', 'api/2.0', 'mlflow'),
  unknown('mlflow-ajax-unknown', 'ajax-api/2.0', 'mlflow'),
  unknown('mlflow-three-unknown', 'api/3.0', 'mlflow'),
  unknown('mlflow-ajax-three-unknown', 'ajax-api/3.0', 'mlflow'),
  unknown('api-unknown', 'api/v1', 'slipway'),
];
