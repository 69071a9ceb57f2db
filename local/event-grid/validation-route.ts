import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { ServiceError } from './service-error.ts';
import type { Subscriptions } from './subscriptions.ts';

const query = z.object({ id: z.string(), token: z.string() });

/** The validation URL of a manual handshake: fetching it, or posting to it as CloudEvents say, gives consent. */
export const addValidationRoute = (server: FastifyInstance, subscriptions: Subscriptions): void => {
  server.route({
    method: ['GET', 'POST'],
    url: '/eventsubscriptions/:name/validate',
    handler: async (request) => {
      const { id, token } = query.parse(request.query);
      if (!(await subscriptions.validate(id, token))) {
        throw new ServiceError(400, 'BadRequest', 'the validation link is wrong, used, or older than five minutes');
      }
      return 'Webhook successfully validated as a subscription endpoint';
    },
  });
};
