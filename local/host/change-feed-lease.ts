import { type Container, type ErrorResponse, StatusCodes } from '@azure/cosmos';

/** Where a reader of a change feed has got to. One document per function and monitored container. */
interface LeaseDocument {
  readonly id: string;
  readonly continuation: string;
  readonly updatedAt: string;
}

/** The place in the feed, kept in the lease container. */
export class ChangeFeedLease {
  readonly #container: Container;
  readonly #id: string;
  #etag: string | undefined;

  constructor(container: Container, id: string) {
    this.#container = container;
    this.#id = id;
  }

  /** Where to go on; undefined when nothing was ever acknowledged. */
  async read(): Promise<string | undefined> {
    const { resource, etag } = await this.#container.item(this.#id, this.#id).read<LeaseDocument>();
    this.#etag = resource && etag;
    return resource?.continuation;
  }

  /** Keeps the place. @throws LeaseLostError when another reader has moved it since it was read */
  async save(continuation: string, now: string): Promise<void> {
    const document: LeaseDocument = { id: this.#id, continuation, updatedAt: now };
    try {
      const { etag } =
        this.#etag === undefined
          ? await this.#container.items.create(document)
          : await this.#container.item(this.#id, this.#id).replace(document, {
              accessCondition: { type: 'IfMatch', condition: this.#etag },
            });
      this.#etag = etag;
    } catch (error) {
      const status = (error as ErrorResponse).code;
      if (status === StatusCodes.Conflict || status === StatusCodes.PreconditionFailed)
        throw new LeaseLostError(this.#id);
      throw error;
    }
  }
}

export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  constructor(id: string) {
    super(`lease '${id}' was moved by another reader`);
  }
}
