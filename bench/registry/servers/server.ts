import type { Size } from '../catalogue.ts';

/** A registry that is measured. */
export interface Server {
  readonly name: string;
  /** What it is, with versions. */
  readonly description: string;
  /** Starts it empty and fills it. */
  start(size: Size): Promise<RunningServer>;
}

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}
