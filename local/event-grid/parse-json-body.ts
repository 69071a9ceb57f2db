import { ServiceError } from './service-error.ts';

/**
 * A request body, kept as bytes by the server, as JSON; an empty one is an empty object.
 *
 * @throws ServiceError 400
 */
export const parseJsonBody = (body: unknown): unknown => {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError(400, 'InvalidRequestContent', 'the body is not JSON');
  }
};
