import { isSlipwayError } from '../platform/errors.ts';
import type { Egress } from '../platform/http/egress.ts';
import type { Clock, EpochMs } from '../platform/time.ts';

/** How one attempt at telling somebody went. `status` is what the receiver answered, if he did. */
export type Attempt =
  | { readonly kind: 'delivered'; readonly status?: number }
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs: number; readonly status?: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly status?: number };

export interface AttemptServices {
  readonly egress: Pick<Egress, 'post'>;
  readonly clock: Clock;
}

/** Answers below 500 that another attempt may change: time-out, too early, too many. */
const WORTH_RETRYING: readonly number[] = [408, 425, 429];

/**
 * Posts once. `make` builds the request: what it cannot build, such as a signature without its secret, is refused.
 *
 * @throws what nobody expected
 */
export const attemptPost = async (
  make: () => {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly timeoutMs: number;
  },
  { egress, clock }: AttemptServices,
): Promise<Attempt> => {
  try {
    const { url, ...request } = make();
    const { status, retryAfter } = await egress.post(url, request);
    if (status >= 200 && status < 300) return { kind: 'delivered', status };
    const reason = `the receiver answered ${status}`;
    return status < 500 && !WORTH_RETRYING.includes(status)
      ? { kind: 'refused', reason, status }
      : { kind: 'retry', reason, status, retryAfterMs: retryAfterMs(retryAfter, clock()) };
  } catch (cause) {
    if (!isSlipwayError(cause)) throw cause;
    return cause.code === 'TEMPORARILY_UNAVAILABLE'
      ? { kind: 'retry', reason: cause.message, retryAfterMs: 0 }
      : { kind: 'refused', reason: cause.message };
  }
};

const DAY_MS = 86_400_000;

/** What `Retry-After` asks for, as seconds or as a date, within 0 to a day; what is neither asks for nothing. */
const retryAfterMs = (text: string | undefined, now: EpochMs): number => {
  if (text === undefined) return 0;
  const ms = / GMT$/.test(text) ? Date.parse(text) - now : Number.parseInt(text, 10) * 1000;
  return Math.min(Math.max(0, ms || 0), DAY_MS);
};
