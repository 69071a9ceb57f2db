import type { Scheduler } from './scheduler.ts';
import type { Outcome } from './types.ts';

export interface OutgoingRequest {
  readonly method: 'POST' | 'OPTIONS';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Reply =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Headers; readonly body: string }
  | {
      readonly kind: 'failed';
      readonly outcome: Extract<Outcome, 'TimedOut' | 'SocketError' | 'ResolutionError'>;
      readonly detail: string;
    };

/** Sends and waits for the whole answer. Never rejects: no answer is an outcome like any other. */
export type Sender = (request: OutgoingRequest) => Promise<Reply>;

/** A sender that gives each request `timeoutMs`, and all of them up when `closing` aborts. Redirects are answers. */
export const createSender =
  (scheduler: Scheduler, timeoutMs: number, closing: AbortSignal): Sender =>
  async ({ method, url, headers, body }) => {
    const timeout = new AbortController();
    const cancel = scheduler.after(timeoutMs, () => timeout.abort());
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.any([timeout.signal, closing]),
        ...(body === undefined ? {} : { body }),
      });
      return { kind: 'answered', status: response.status, headers: response.headers, body: await response.text() };
    } catch (error) {
      if (timeout.signal.aborted) {
        return { kind: 'failed', outcome: 'TimedOut', detail: `no answer within ${timeoutMs} ms` };
      }
      return toFailure(error);
    } finally {
      cancel();
    }
  };

const toFailure = (error: unknown): Reply => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = (cause as { code?: unknown }).code;
  const isResolution = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  const detail = typeof code === 'string' ? code : String(cause);
  return { kind: 'failed', outcome: isResolution ? 'ResolutionError' : 'SocketError', detail };
};
