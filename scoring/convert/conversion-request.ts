import * as z from 'zod';

/** PEP 508 with exact names; what an option, a path or a URL of pip would need is not in it. */
const requirement = z
  .string()
  .max(1_000)
  .regex(/^[A-Za-z0-9][^\r\n]*$/);
const indexUrl = z.url({ protocol: /^https?$/ });

/** What is asked of one conversion, as the header `x-conversion` carries it. */
export const conversionRequest = z.object({
  /** Major and minor of the Python that the model was logged with. */
  python: z.string().regex(/^3\.\d{1,2}$/),
  requirements: z.array(requirement).max(2_000),
  constraints: z.array(requirement).max(2_000),
  indexUrl: indexUrl.optional(),
  extraIndexUrls: z.array(indexUrl).max(20),
  tolerance: z.number().positive().max(1),
  missing: z.enum(['as-model', 'refuse']),
});

export type ConversionRequest = Readonly<z.output<typeof conversionRequest>>;

/** What the step printed, passed on as it is: whoever asked judges it. */
export type ConversionState =
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly message: string }
  | {
      readonly state: 'done';
      readonly report: unknown;
      readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
    };
