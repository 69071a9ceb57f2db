import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { type Container, startContainer } from './container.ts';
import type { ContainerLog } from './container-log.ts';
import type { ImageConfig, Interpreters, Timing } from './options.ts';

const STOP_GRACE_MS = 2_000;
const START_CRASHES = 3;
/** A container that lived this long begins with the shortest restart delay again. */
const STEADY_MS = 60_000;

export interface ModelServerSpec {
  readonly rootfs: string;
  readonly runDir: string;
  readonly config: ImageConfig;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly pythons: Interpreters;
  readonly routes: { readonly liveness: string; readonly readiness: string; readonly scoring: string };
  readonly liveness: { readonly periodMs: number; readonly timeoutMs: number; readonly failures: number };
}

/** One deployment's container, kept running: probed, restarted when it dies or hangs, drained before it leaves. */
export class ModelServer {
  readonly instanceId = randomUUID();
  readonly spec: ModelServerSpec;
  readonly #timing: Timing;
  readonly #log: ContainerLog;
  readonly #stopping = new AbortController();
  #pool: Pool | undefined;
  #waiters: (() => void)[] = [];
  #inFlight = 0;
  #crashes = 0;
  #running: Promise<void> | undefined;

  constructor(spec: ModelServerSpec, timing: Timing, log: ContainerLog) {
    this.spec = spec;
    this.#timing = timing;
    this.#log = log;
  }

  /** Connections to the container while it is ready. */
  get pool(): Pool | undefined {
    return this.#pool;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts a request in; the server is not stopped before it is counted out. */
  enter(): void {
    this.#inFlight += 1;
  }

  leave(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#wake();
  }

  /** Takes a pool whose connections are refused out of use, until a probe finds its container ready again. */
  suspect(pool: Pool): void {
    if (this.#pool === pool) this.#pool = undefined;
  }

  /** Starts it and keeps it running until `stop`; true when it became ready within the start time-out. */
  async start(): Promise<boolean> {
    this.#running = this.#keepRunning();
    const deadline = performance.now() + this.#timing.startTimeoutMs;
    while (this.#pool === undefined) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.#crashes >= START_CRASHES || this.#stopping.signal.aborted) return false;
      await this.#changed(leftMs);
    }
    return true;
  }

  /** The pool as soon as the container is ready, or undefined when that takes longer than `withinMs`. */
  async ready(withinMs: number): Promise<Pool | undefined> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const leftMs = deadline - performance.now();
      if (this.#pool !== undefined || leftMs <= 0 || this.#stopping.signal.aborted) return this.#pool;
      await this.#changed(leftMs);
    }
  }

  /** Ends the container once what it has begun is answered, at the latest after `drainMs`. */
  async stop(drainMs: number): Promise<void> {
    const deadline = performance.now() + drainMs;
    while (this.#inFlight > 0 && performance.now() < deadline) await this.#changed(deadline - performance.now());
    this.#stopping.abort();
    this.#wake();
    await this.#running;
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedAt = performance.now();
      await this.#runOnce();
      if (signal.aborted) return;
      this.#crashes = performance.now() - startedAt > STEADY_MS ? 1 : this.#crashes + 1;
      this.#wake();
      const delayMs = this.#timing.restartDelayMs * 2 ** Math.min(this.#crashes - 1, 4);
      this.#log.line(`restarting in ${delayMs} ms`);
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One life of the container, from start to exit. */
  async #runOnce(): Promise<void> {
    const { rootfs, config, environmentVariables, pythons } = this.spec;
    const lifeId = randomUUID();
    const ownDir = join(this.spec.runDir, lifeId);
    const log = this.#log;
    const container = await startContainer({
      ...{ rootfs, config, environmentVariables, pythons, log, ownDir },
      instanceId: lifeId,
    }).catch((error: unknown) => log.line(`cannot start: ${error instanceof Error ? error.message : String(error)}`));
    if (!container) return;
    const ended = new AbortController();
    const onStop = (): void => void container.stop(STOP_GRACE_MS);
    this.#stopping.signal.addEventListener('abort', onStop, { once: true });
    if (this.#stopping.signal.aborted) onStop();
    const probing = this.#probe(container, ended.signal);
    await container.exited;
    ended.abort();
    await probing;
    this.#stopping.signal.removeEventListener('abort', onStop);
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  async #probe(container: Container, ended: AbortSignal): Promise<void> {
    const pool = new Pool(`http://127.0.0.1:${container.port}`, { connections: 128, keepAliveTimeout: 3_000 });
    const { liveness } = this.spec;
    let failures = 0;
    while (!ended.aborted) {
      const isReady = this.#pool === pool;
      const path = isReady ? this.spec.routes.liveness : this.spec.routes.readiness;
      const passed = await probe(pool, path, liveness.timeoutMs, ended);
      failures = passed ? 0 : failures + 1;
      if (passed && !isReady && !ended.aborted) this.#becomeReady(pool);
      if (isReady && failures >= liveness.failures) return this.#hang(container);
      const periodMs = this.#pool === pool ? liveness.periodMs : this.#timing.readinessPeriodMs;
      await sleep(periodMs, undefined, { signal: ended }).catch(() => undefined);
    }
    if (this.#pool !== pool) await pool.destroy();
  }

  #becomeReady(pool: Pool): void {
    this.#pool = pool;
    this.#log.line('container is ready');
    this.#wake();
  }

  #hang(container: Container): void {
    this.#log.line('liveness probe failed too often');
    void container.stop(0);
  }

  /** Resolves at the next change of state, or after `withinMs`. */
  #changed(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}

const probe = async (pool: Pool, path: string, timeoutMs: number, ended: AbortSignal): Promise<boolean> => {
  try {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(timeoutMs)]);
    const answer = await pool.request({ method: 'GET', path, signal });
    await answer.body.dump();
    return answer.statusCode >= 200 && answer.statusCode < 400;
  } catch {
    return false;
  }
};
