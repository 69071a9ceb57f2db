import type { QueueName } from './resources.ts';

export interface SendOptions {
  /** Hides the message for at least this long: rounded up to seconds, at most seven days. Default 0. */
  readonly visibleAfterMs?: number;
}

/** The work queues, seen from those who put work on them; the host takes it off. */
export interface Queues {
  /**
   * Resolves when the message, as JSON, is in the queue.
   *
   * @throws SlipwayError PAYLOAD_TOO_LARGE above 48 KB of JSON; TEMPORARILY_UNAVAILABLE, REQUEST_LIMIT_EXCEEDED,
   * PERMISSION_DENIED, or RESOURCE_DOES_NOT_EXIST when the queue is missing
   */
  send(queue: QueueName, message: unknown, options?: SendOptions): Promise<void>;
}
