import type { HostProcess } from './host-process.ts';

/** What a function of `trigger-app.ts` has noted about one of its runs. */
export interface Seen {
  readonly fn: string;
  readonly id?: string;
  readonly message?: unknown;
  readonly done?: unknown;
  readonly isPastDue?: boolean;
  readonly status?: { readonly next: string } | null;
  readonly retry?: { readonly retryCount: number; readonly maxRetryCount: number };
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The runs of one function of `trigger-app.ts`, oldest first. */
export const runsOf = async (host: HostProcess, fn: string): Promise<Seen[]> => {
  const response = await fetch(`${host.url}/seen`);
  return ((await response.json()) as Seen[]).filter((entry) => entry.fn === fn);
};
