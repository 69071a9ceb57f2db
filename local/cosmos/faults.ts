import * as z from 'zod';
import { badRequest, CosmosError } from './cosmos-error.ts';

const fault = z.object({
  /** What is answered; 0 breaks the connection instead. */
  status: z.number().int().min(0).max(599),
  count: z.number().int().min(1).default(1),
  match: z.object({ method: z.string().optional(), path: z.string().optional() }).default({}),
  retryAfterMs: z.number().int().min(0).optional(),
  substatus: z.number().int().optional(),
  /** `after`: the operation is done and only its answer lost, as when a connection breaks. */
  when: z.enum(['before', 'after']).default('before'),
});

export type Fault = z.infer<typeof fault>;

export class InjectedFault extends CosmosError {
  readonly retryAfterMs: number | undefined;

  constructor({ status, substatus, retryAfterMs }: Fault) {
    super(status, 'This failure was asked for.', substatus);
    this.retryAfterMs = retryAfterMs;
  }
}

interface Armed {
  readonly fault: Fault;
  left: number;
}

/** Failures that a test asked for, first come first served. `match.path` is a part of the request path. */
export class Faults {
  #armed: Armed[] = [];

  /** @throws CosmosError 400 for what is no fault */
  arm(body: unknown): void {
    const parsed = fault.safeParse(body);
    if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
    this.#armed.push({ fault: parsed.data, left: parsed.data.count });
  }

  clear(): void {
    this.#armed = [];
  }

  /** @throws InjectedFault when one is due for this request at this moment */
  strike(when: Fault['when'], method: string, path: string): void {
    const due = this.#armed.find(
      ({ fault: { match, when: moment } }) =>
        moment === when && (match.method ?? method) === method && path.includes(match.path ?? ''),
    );
    if (due === undefined) return;
    due.left -= 1;
    if (due.left <= 0) this.#armed = this.#armed.filter((other) => other !== due);
    throw new InjectedFault(due.fault);
  }
}
