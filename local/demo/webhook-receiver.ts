import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedMessage {
  readonly deliveryId: string;
  readonly type: string;
  readonly title: string;
  /** Whether the signature was made with our secret over this very body. */
  readonly signed: boolean;
}

/** Somebody else's service that is told about alerts, and checks who tells. */
export interface WebhookReceiver {
  readonly url: string;
  readonly messages: readonly ReceivedMessage[];
  close(): void;
}

const verify = (secret: string, id: string, timestamp: string, body: string, signature: string): boolean => {
  const expected = Buffer.from(
    `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
};

export const startReceiver = async (secret: string): Promise<WebhookReceiver> => {
  const messages: ReceivedMessage[] = [];
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const body = await text(request);
    const { type, title } = JSON.parse(body) as { type: string; title: string };
    const deliveryId = header('webhook-id');
    const signed = verify(secret, deliveryId, header('webhook-timestamp'), body, header('webhook-signature'));
    messages.push({ deliveryId, type, title, signed });
    response.writeHead(signed ? 204 : 401).end();
  };
  const server = createServer((request, response) => void receive(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/alerts`, messages, close: () => server.close() };
};
