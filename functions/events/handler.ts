import type { InvocationContext } from '@azure/functions';
import { parseEnvelope, type ReceivedEvent } from '../../shared/events/envelope.ts';
import { type DeliveryServices, deliver } from '../../shared/platform/delivery.ts';
import { SlipwayError } from '../../shared/platform/errors.ts';
import type { Cause } from '../../shared/platform/journal.ts';
import type { Logger } from '../../shared/platform/logging.ts';

/** What an event handler gets beside the event. */
export interface EventContext {
  readonly cause: Cause;
  readonly log: Logger;
}

/** What to do with each event type that a function is subscribed to. */
export interface EventHandler<Services> {
  /** Function name: kebab-case, equal to its file. */
  readonly name: string;
  readonly on: Readonly<
    Record<string, (event: ReceivedEvent, services: Services, context: EventContext) => Promise<void>>
  >;
}

export const defineEventHandler = <Services>(handler: EventHandler<Services>): EventHandler<Services> => handler;

/**
 * Runs one event through its handler. A thrown error makes the host answer 500, and Event Grid deliver again for up to
 * a day before it writes a dead letter, which the sweeper parks.
 */
export const receiveEvent = async <Services extends DeliveryServices>(
  handler: EventHandler<Services>,
  raw: unknown,
  services: Services,
  invocation: Pick<InvocationContext, 'invocationId'>,
): Promise<void> => {
  const base = services.log.child({ function: handler.name, invocation: invocation.invocationId });
  await deliver(
    { target: { kind: 'function', name: handler.name }, payload: raw, lastAttempt: false },
    async () => {
      const event = parseEnvelope(raw);
      // Types come from outside: `constructor` must not find what every object has.
      const work = Object.hasOwn(handler.on, event.type) ? handler.on[event.type] : undefined;
      if (work === undefined) {
        throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${handler.name}' takes no event of type '${event.type}'`);
      }
      const log = base.child({ event: event.id, type: event.type, correlationId: event.correlationId });
      await work(event, services, { cause: { causedBy: event.id, correlationId: event.correlationId }, log });
      log.info({}, 'event handled');
    },
    { ...services, log: base },
  );
};
