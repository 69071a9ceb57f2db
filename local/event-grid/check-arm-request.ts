import type { FastifyRequest } from 'fastify';
import { ServiceError } from './service-error.ts';

/**
 * Lets an ARM request pass that carries the token, when there is one, and an api-version.
 *
 * @throws ServiceError 401 or 400
 */
export const checkArmRequest = (request: FastifyRequest, armToken: string | undefined): void => {
  if (armToken !== undefined && request.headers.authorization !== `Bearer ${armToken}`) {
    throw new ServiceError(401, 'AuthenticationFailed', 'the request carries no valid bearer token');
  }
  if (!new URL(request.url, 'http://localhost').searchParams.has('api-version')) {
    throw new ServiceError(400, 'MissingApiVersionParameter', 'the api-version query parameter is required');
  }
};
