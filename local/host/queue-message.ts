import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { RpcTypedData } from './core-types.ts';
import type { QueueSettings } from './host-json.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A message's content as the library takes it; undefined when it is not encoded as host.json says. */
export const messageInput = (text: string, encoding: QueueSettings['messageEncoding']): RpcTypedData | undefined => {
  if (encoding === 'none') return { string: text };
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  try {
    return { string: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { bytes };
  }
};

/** What the app sees in `context.triggerMetadata`. */
export const messageMetadata = (message: DequeuedMessageItem, text: RpcTypedData): Record<string, RpcTypedData> => ({
  QueueTrigger: text,
  DequeueCount: { int: message.dequeueCount },
  Id: { json: JSON.stringify(message.messageId) },
  PopReceipt: { json: JSON.stringify(message.popReceipt) },
  InsertionTime: { json: JSON.stringify(message.insertedOn) },
  ExpirationTime: { json: JSON.stringify(message.expiresOn) },
  NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
});

/** Keeps a message hidden from other readers while its function runs. */
export class MessageLease {
  readonly #client: QueueClient;
  readonly #message: DequeuedMessageItem;
  readonly #timer: NodeJS.Timeout;
  #popReceipt: string;
  #renewal: Promise<void> = Promise.resolve();

  constructor(client: QueueClient, message: DequeuedMessageItem, leaseMs: number) {
    this.#client = client;
    this.#message = message;
    this.#popReceipt = message.popReceipt;
    this.#timer = setInterval(() => {
      this.#renewal = this.#hide(Math.ceil(leaseMs / 1000)).catch(() => {});
    }, leaseMs / 3);
  }

  /** Takes the message off the queue. */
  async complete(): Promise<void> {
    await this.stop();
    await this.#client.deleteMessage(this.#message.messageId, this.#popReceipt);
  }

  /** Gives the message back, to be seen again after a while. */
  async abandon(visibleInMs: number): Promise<void> {
    await this.stop();
    await this.#hide(Math.ceil(visibleInMs / 1000));
  }

  /** Renews no more: the message shows up again when the lease is over. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    // A renewal changes the receipt; one that is under way must end before the receipt is used.
    await this.#renewal;
  }

  async #hide(seconds: number): Promise<void> {
    const { popReceipt } = await this.#client.updateMessage(
      this.#message.messageId,
      this.#popReceipt,
      undefined,
      seconds,
    );
    if (popReceipt !== undefined) this.#popReceipt = popReceipt;
  }
}
