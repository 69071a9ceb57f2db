import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly path: string;
  readonly at: number;
  readonly deliveryId: string;
  readonly timestamp: string;
  readonly signature: string | undefined;
  readonly body: string;
  /** What it was answered; 0 while it is not. */
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare whatever came with a literal
  readonly json: any;
}

/** What to answer to the n-th request at a path; undefined keeps the sender waiting for ever. */
type Answer = (received: Omit<Received, 'status'>, nth: number) => { status: number; retryAfter?: string } | undefined;

/** Somebody's receiver of MLflow webhooks, with a path for each of its moods. */
export interface MlflowReceiver {
  url(path: string): string;
  at(path: string): readonly Received[];
  close(): void;
}

export const isSignedWith = (secret: string, { deliveryId, timestamp, body, signature }: Omit<Received, 'status'>) =>
  signature ===
  `v1,${createHmac('sha256', secret).update(`${deliveryId}.${timestamp}.`).update(body).digest('base64')}`;

export const startMlflowReceiver = async (answers: Readonly<Record<string, Answer>>): Promise<MlflowReceiver> => {
  const all: Received[] = [];
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const header = (name: string): string | undefined => request.headers[name] as string | undefined;
    const body = await text(request);
    const path = request.url ?? '';
    const received = {
      path,
      at: Date.now(),
      deliveryId: header('x-mlflow-delivery-id') ?? '',
      timestamp: header('x-mlflow-timestamp') ?? '',
      signature: header('x-mlflow-signature'),
      body,
      json: JSON.parse(body),
    };
    const nth = all.filter((one) => one.path === path).length + 1;
    const answer = path in answers ? answers[path]?.(received, nth) : { status: 200 };
    all.push({ ...received, status: answer?.status ?? 0 });
    if (answer === undefined) return;
    const headers = answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter };
    response.writeHead(answer.status, headers).end(`{"path":"${path}"}`);
  };
  const server = createServer((request, response) => void receive(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    at: (path) => all.filter((one) => one.path === path),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
};
