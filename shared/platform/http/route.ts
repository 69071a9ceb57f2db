import type { Readable } from 'node:stream';
import type * as z from 'zod';
import type { Caller } from '../access/caller.ts';
import type { Role } from '../access/role.ts';
import type { Cause } from '../journal.ts';
import type { Logger } from '../logging.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call: everybody, or who has that role or a higher one. */
export type Access = 'public' | Role;

/** How requests are read and errors rendered: MLflow's lenient JSON and `{error_code, message}`, or RFC 9457 problems. */
export type Dialect = 'mlflow' | 'slipway';

/** What a handler knows of the request beside its parsed input. */
export interface RequestContext {
  readonly cause: Cause;
  readonly log: Logger;
  /** Who calls, as far as the credentials say; `anonymous` when access is open. */
  readonly actor: string;
  /** The same, with what he may do: for what only shows once something was read. */
  readonly caller: Caller;
  /** A header of the request; `name` in lower case. */
  header(name: string): string | undefined;
  /** ETag of `If-Match`, without quotes. */
  readonly ifMatch?: string;
  /** `If-None-Match`, without quotes; `*` asks that nothing is there. */
  readonly ifNoneMatch?: string;
  readonly contentType?: string;
  /** The unread body of a route with `body: 'stream'`; absent when the request had none. */
  readonly stream?: Readable;
}

/** What goes back: one of JSON, text and stream. */
export interface HttpAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
  readonly stream?: Readable;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What a request says, as the schemas of its route turn it. */
interface Input<Params, Query, Body> {
  readonly params: Parsed<Params>;
  readonly query: Parsed<Query>;
  readonly body: Parsed<Body>;
}

/** One HTTP route: where it is, who may call it, what goes in and comes out, and what it does. */
export interface Route<
  Services,
  Params extends z.ZodObject | undefined = z.ZodObject | undefined,
  Query extends z.ZodObject | undefined = z.ZodObject | undefined,
  Body extends z.ZodType | 'stream' | undefined = z.ZodType | 'stream' | undefined,
> {
  /** Function name: kebab-case, unique over all functions. */
  readonly name: string;
  readonly method: Method;
  /** Without leading slash, parameters in braces, as in `api/v1/models/{name}`; the last may be `{*path}`. */
  readonly path: string;
  readonly access: Access;
  /**
   * Registered models that a request is about: the caller needs the role for each. `all` where it is about what all
   * models share. Absent where it is about no model, or which one shows only in the handler, which then asks
   * `context.caller`.
   */
  readonly models?: 'all' | ((input: Input<Params, Query, Body>) => readonly string[]);
  readonly dialect: Dialect;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  /** Schema of the JSON body, or `stream` when the handler reads the bytes itself. */
  readonly body?: Body;
  /** Bytes that a JSON body may have, where 1 MiB is not enough. */
  readonly maxJsonBytes?: number;
  /** Schema of the JSON answer, for OpenAPI; absent for streams and text. */
  readonly output?: z.ZodType;
  handle(input: Input<Params, Query, Body>, services: Services, context: RequestContext): Promise<HttpAnswer>;
}

/** A route with its input types forgotten, as tables of routes hold them. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds routes of every input type; each was checked where it was defined
export type AnyRoute<Services> = Route<Services, any, any, any>;

/** Returns the route as it is, with the handler's input typed from its schemas. Use: `defineRoute<Services>()({…})`. */
export const defineRoute =
  <Services>() =>
  <
    Params extends z.ZodObject | undefined = undefined,
    Query extends z.ZodObject | undefined = undefined,
    Body extends z.ZodType | 'stream' | undefined = undefined,
  >(
    route: Route<Services, Params, Query, Body>,
  ): Route<Services, Params, Query, Body> =>
    route;
