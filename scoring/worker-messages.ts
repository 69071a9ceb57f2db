import { ModelError } from './model-error.ts';
import type { ScoringBody } from './scorer.ts';
import { ScoringError } from './scoring-error.ts';

/** What a worker is started with. */
export interface WorkerStart {
  readonly modelFolder: string;
  readonly threads: number;
}

/** To a worker: one request at a time. */
export type WorkerRequest = ScoringBody;

/** From a worker: first that it is ready, then one answer for each request. */
export type WorkerReply =
  | { readonly kind: 'ready'; readonly mlflowVersion: string | undefined }
  | { readonly kind: 'predictions'; readonly text: string }
  | { readonly kind: 'refused'; readonly status: number; readonly errorCode: string; readonly message: string }
  | { readonly kind: 'model-failed'; readonly message: string }
  | { readonly kind: 'broken'; readonly message: string; readonly stack: string | undefined };

/** An error in a form that keeps its kind from one thread to another. */
export const toReply = (error: unknown): WorkerReply => {
  if (error instanceof ScoringError) {
    return { kind: 'refused', status: error.status, errorCode: error.errorCode, message: error.message };
  }
  if (error instanceof ModelError) return { kind: 'model-failed', message: error.message };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'broken', message, stack };
};

/**
 * The predictions that a worker replied with.
 *
 * @throws the error that the worker met
 */
export const fromReply = (reply: WorkerReply): string => {
  switch (reply.kind) {
    case 'predictions':
      return reply.text;
    case 'refused':
      throw new ScoringError(reply.status, reply.errorCode, reply.message);
    case 'model-failed':
      throw new ModelError(reply.message);
    case 'broken': {
      const error = new Error(reply.message);
      if (reply.stack !== undefined) error.stack = reply.stack;
      throw error;
    }
    case 'ready':
      throw new Error('a worker said that it is ready instead of answering');
  }
};
