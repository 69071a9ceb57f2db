import type * as z from 'zod';

/** One event type: its name on the wire, the schema of its data and an example that a test holds against the schema. */
export interface EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly type: Type;
  /** One sentence for people: when it is sent. */
  readonly summary: string;
  /** How subjects of this event look, as in `models/{name}/versions/{version}`. */
  readonly subject: string;
  readonly data: Schema;
  readonly example: { readonly subject: string; readonly data: unknown };
}

export const defineEvent = <const Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
): EventDefinition<Type, Schema> => definition;
