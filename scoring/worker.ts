import { parentPort, workerData } from 'node:worker_threads';
import { loadOnnxModel } from './onnx-model.ts';
import { scorerOf } from './scorer.ts';
import { toReply, type WorkerReply, type WorkerRequest, type WorkerStart } from './worker-messages.ts';

/** Loads the model in this worker thread and answers the main thread's requests, one after the other. */
export const runWorker = async (): Promise<void> => {
  const { modelFolder, threads } = workerData as WorkerStart;
  const port = parentPort;
  if (port === null) throw new Error('runWorker is for worker threads');
  const reply = (message: WorkerReply): void => port.postMessage(message);
  const scorer = scorerOf(await loadOnnxModel(modelFolder, { threads }));
  port.on('message', (request: WorkerRequest) => {
    scorer.score(request).then(
      (text) => reply({ kind: 'predictions', text }),
      (error: unknown) => reply(toReply(error)),
    );
  });
  reply({ kind: 'ready', mlflowVersion: scorer.mlflowVersion });
};
