import { randomBytes } from 'node:crypto';
import type { TraceContext } from './core-types.ts';

/**
 * The trace of an invocation: a span of its own below the caller's, or a new trace.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const traceFor = (traceparent?: string, tracestate = ''): TraceContext => {
  const caller = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(traceparent ?? '');
  const random = randomBytes(24).toString('hex');
  const trace = caller?.[1] ?? random.slice(0, 32);
  const flags = caller?.[2] ?? '00';
  return {
    traceParent: `00-${trace}-${random.slice(32)}-${flags}`,
    traceState: caller ? tracestate : '',
    attributes: {},
  };
};
