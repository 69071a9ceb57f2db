import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request and the response to it, with what routing has found out. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Decoded, without outer slashes. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Answers with plain text, or with nothing. */
export const answerText = (response: ServerResponse, status: number, text?: string): void => {
  response.writeHead(status, text === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
};

export const answerJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
};

/** The whole body, or undefined when it is longer than `limit` bytes. */
export const readBody = async (request: IncomingMessage, limit: number): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
  }
  return length > limit ? undefined : Buffer.concat(chunks);
};

/**
 * Reads away what a handler left of a request's body, so that the client, which may still be sending, gets to read
 * the answer and can use the connection again.
 */
export const discardRest = (request: IncomingMessage): void => {
  if (request.complete || request.destroyed) return;
  // The library's request stream holds on to this event even when nobody reads it.
  request.removeAllListeners('readable');
  request.resume();
};
