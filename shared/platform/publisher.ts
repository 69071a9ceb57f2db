/** A CloudEvent 1.0 on its way out. */
export interface CloudEventEnvelope {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly time: string;
  readonly datacontenttype?: 'application/json';
  readonly data: unknown;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** CloudEvents extension attributes; names are lower-case letters and digits. */
  readonly extensionAttributes?: Readonly<Record<string, string>>;
}

/** Announces events. At least once: after a failure some of the events may have gone out. */
export interface EventPublisher {
  /**
   * Resolves when the service has taken over every event.
   *
   * @throws SlipwayError TEMPORARILY_UNAVAILABLE, REQUEST_LIMIT_EXCEEDED; INVALID_PARAMETER_VALUE or
   * PAYLOAD_TOO_LARGE for an event the service will never take; PERMISSION_DENIED
   */
  publish(events: readonly CloudEventEnvelope[]): Promise<void>;
}
