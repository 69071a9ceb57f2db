import type { EndpointRecord } from './records.ts';
import type { Workspace } from './workspace.ts';

const KEPT = 50;

/** Shows endpoints as they were a while ago, for as long as the fault `readLagMs` is set. */
export class LaggingReads {
  readonly #workspace: Workspace;
  /** Newest last. */
  readonly #before: { readonly untilMs: number; readonly record: EndpointRecord }[] = [];

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Keeps what a change is about to replace. */
  remember(record: EndpointRecord): void {
    this.#before.push({ untilMs: this.#workspace.clock(), record });
    if (this.#before.length > KEPT) this.#before.shift();
  }

  /** The record that a lagging reader gets to see. */
  see(record: EndpointRecord): EndpointRecord {
    const lagMs = this.#workspace.faults.settings.readLagMs ?? 0;
    if (lagMs === 0) return record;
    const seenAtMs = this.#workspace.clock() - lagMs;
    const earlier = this.#before.find((each) => each.record.guid === record.guid && each.untilMs > seenAtMs);
    return earlier?.record ?? record;
  }
}
