import { Worker } from 'node:worker_threads';
import type { Scorer, ScoringBody } from './scorer.ts';
import { ScoringError } from './scoring-error.ts';
import { fromReply, type WorkerReply, type WorkerStart } from './worker-messages.ts';

export interface WorkerPoolOptions extends WorkerStart {
  /** A module that calls `runWorker` when it is run in a worker thread. */
  readonly entry: URL;
  /** How many predictions may run at the same time. Each worker holds the model once. */
  readonly concurrency: number;
  /** Milliseconds from asking until there must be an answer. */
  readonly timeoutMs: number;
  /** A worker ended, which none does by itself: out of memory, or a fault of native code. */
  readonly onLost: (error: Error) => void;
}

export interface WorkerPool extends Scorer {
  /** True while a prediction runs, also one whose caller no longer waits. */
  isBusy(): boolean;
  close(): Promise<void>;
}

interface Job {
  readonly body: ScoringBody;
  readonly settle: (reply: WorkerReply) => void;
}

/**
 * Answers in worker threads: ONNX Runtime blocks the thread that runs a graph, and the main thread has probes to
 * answer. A prediction that waits too long for a worker is not begun; one that has begun ends unheard.
 *
 * @throws Error when a worker cannot load the model
 */
export const startWorkerPool = async (options: WorkerPoolOptions): Promise<WorkerPool> => {
  const { entry, concurrency, timeoutMs, onLost, modelFolder, threads } = options;
  const waiting = new Set<Job>();
  const running = new Map<Worker, Job>();
  const workers = Array.from(
    { length: concurrency },
    // The flags of the main thread, such as modules to load first, are not for the workers.
    () => new Worker(entry, { workerData: { modelFolder, threads } satisfies WorkerStart, execArgv: [] }),
  );
  const idle: Worker[] = [];
  const [mlflowVersion] = await Promise.all(workers.map(ready)).catch(async (error: unknown) => {
    await Promise.all(workers.map((worker) => worker.terminate()));
    throw error;
  });

  const beginNext = (): void => {
    const [job] = waiting;
    const worker = job && idle.pop();
    if (!worker) return;
    waiting.delete(job);
    running.set(worker, job);
    // Fastify's buffer may be part of a larger one that others use, so it is copied.
    worker.postMessage(job.body);
  };
  for (const worker of workers) {
    worker.on('message', (reply: WorkerReply) => {
      running.get(worker)?.settle(reply);
      running.delete(worker);
      idle.push(worker);
      beginNext();
    });
    worker.on('error', onLost);
    idle.push(worker);
  }

  return {
    mlflowVersion,
    score: async (body) => {
      const { promise, resolve, reject } = Promise.withResolvers<WorkerReply>();
      const job: Job = { body, settle: resolve };
      const timer = setTimeout(() => {
        waiting.delete(job);
        reject(new ScoringError(504, 'DEADLINE_EXCEEDED', `There was no prediction within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      waiting.add(job);
      beginNext();
      try {
        return fromReply(await promise);
      } finally {
        clearTimeout(timer);
      }
    },
    isBusy: () => running.size > 0,
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
};

const ready = (worker: Worker): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (reply: WorkerReply) => {
      worker.off('error', reject);
      resolve(reply.kind === 'ready' ? reply.mlflowVersion : undefined);
    });
  });
