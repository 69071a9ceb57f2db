import type { InvocationContext } from '@azure/functions';
import type * as z from 'zod';
import { type DeliveryServices, deliver } from '../../shared/platform/delivery.ts';
import { SlipwayError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/logging.ts';
import type { QueueName } from '../../shared/platform/resources.ts';

/** What to do with a message of one queue. */
export interface QueueHandler<Services, Schema extends z.ZodType = z.ZodType> {
  /** Function name, and name of its queue. */
  readonly queue: QueueName;
  readonly message: Schema;
  handle(message: z.output<Schema>, services: Services, log: Logger): Promise<void>;
}

export const defineQueueHandler =
  <Services>() =>
  <Schema extends z.ZodType>(handler: QueueHandler<Services, Schema>): QueueHandler<Services, Schema> =>
    handler;

/** Equal to `maxDequeueCount` in host.json: the attempt after which the host would give up. */
const MAX_ATTEMPTS = 5;

/** Runs one queue message through its handler; on the last attempt a failure is parked instead of thrown. */
export const receiveMessage = async <Services extends DeliveryServices, Schema extends z.ZodType>(
  handler: QueueHandler<Services, Schema>,
  raw: unknown,
  services: Services,
  invocation: Pick<InvocationContext, 'invocationId' | 'triggerMetadata'>,
): Promise<void> => {
  const attempt = Number(invocation.triggerMetadata?.['dequeueCount'] ?? 1);
  const log = services.log.child({ function: handler.queue, invocation: invocation.invocationId, attempt });
  await deliver(
    { target: { kind: 'queue', queue: handler.queue }, payload: raw, lastAttempt: attempt >= MAX_ATTEMPTS },
    async () => {
      const parsed = handler.message.safeParse(raw);
      if (!parsed.success) {
        const where = parsed.error.issues.map((issue) => issue.path.join('.') || '(root)').join(', ');
        throw new SlipwayError('INVALID_PARAMETER_VALUE', `the message of '${handler.queue}' is wrong at ${where}`);
      }
      await handler.handle(parsed.data, services, log);
    },
    { ...services, log },
  );
};
