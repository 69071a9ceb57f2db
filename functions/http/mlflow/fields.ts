import * as z from 'zod';

/** Fields of MLflow's requests. They refuse in MLflow's own words, which its users' tests match on. */

/** Ends refusals of parameters. */
export const SEE_DOCS = 'See the API docs for more information about request parameters.';

/** A text that must be there. MLflow takes an empty one for a missing one. */
export const required = (parameter: string) =>
  z.unknown().transform((value, context): string => {
    if (value === undefined || value === '') {
      return refuse(context, `Missing value for required parameter '${parameter}'. ${SEE_DOCS}`);
    }
    return typeof value === 'string' ? value : refuseType(context, { parameter, value, wanted: 'a string' });
  });

/** A text that may be missing. */
export const optional = (parameter: string) =>
  z
    .unknown()
    .transform((value, context): string => {
      if (typeof value === 'string') return value;
      return refuseType(context, { parameter, value, wanted: 'a string' });
    })
    .optional();

/** A boolean of JSON; the text `true` is none. Missing is false. */
export const flag = (parameter: string) =>
  z
    .unknown()
    .transform((value, context): boolean => {
      if (typeof value === 'boolean') return value;
      return refuseType(context, { parameter, value, wanted: 'a boolean' });
    })
    .default(false);

/** An integer, as a number or as text. */
export const integer = (parameter: string) =>
  z
    .unknown()
    .transform((value, context): number => {
      const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
      if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
      return refuseType(context, { parameter, value, wanted: 'an integer' });
    })
    .optional();

/** Texts: a list in JSON; in a query one value or the key repeated. Missing is none. */
export const texts = (parameter: string) =>
  z
    .unknown()
    .transform((value, context): readonly string[] => {
      const list = typeof value === 'string' ? [value] : value;
      if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
      return refuseType(context, { parameter, value, wanted: 'a list of strings' });
    })
    .default([]);

const tagSchema = z.object({ key: z.string().min(1), value: z.string().nullish() });

/** Tags as a list of `{key, value}`; a tag without value has the empty one. Missing is none. */
export const tags = (parameter: string) =>
  z
    .unknown()
    .transform((value, context): readonly { readonly key: string; readonly value: string }[] => {
      const parsed = z.array(tagSchema).safeParse(value);
      if (parsed.success) return parsed.data.map((tag) => ({ key: tag.key, value: tag.value ?? '' }));
      return refuseType(context, { parameter, value, wanted: 'a list of objects with the strings key and value' });
    })
    .default([]);

type Context = z.core.$RefinementCtx;

/** Refuses in these very words. */
export const refuse = (context: Context, message: string): never => {
  context.issues.push({ code: 'custom', message, params: { verbatim: true }, input: undefined });
  return z.NEVER;
};

/** Refuses a value of a wrong type. */
export const refuseType = (
  context: Context,
  { parameter, value, wanted }: { readonly parameter: string; readonly value: unknown; readonly wanted: string },
): never =>
  refuse(
    context,
    `Invalid value ${shown(value)} for parameter '${parameter}' supplied: Value must be ${wanted}. ` +
      `Hint: Value was of type '${pythonType(value)}'. ${SEE_DOCS}`,
  );

const MAX_SHOWN = 200;

const shown = (value: unknown): string => {
  const json = JSON.stringify(value);
  return json.length <= MAX_SHOWN ? json : `${json.slice(0, MAX_SHOWN)}…`;
};

const pythonType = (value: unknown): string => {
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return Array.isArray(value) ? 'list' : 'dict';
};
