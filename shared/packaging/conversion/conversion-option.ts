import * as z from 'zod';

/** What a policy says about converting Python models to ONNX graphs, which are served without Python. */
export const conversionOption = z.strictObject({
  convert: z
    .enum(['off', 'try', 'require'])
    .default('off')
    .describe(
      '`try`: serve the graph when it answers like the model, else the model in Python. `require`: refuse the package instead.',
    ),
  tolerance: z
    .number()
    .positive()
    .max(1)
    .default(1e-4)
    .describe('Largest difference of an answer, as a share of what the model answers or of 1 when that is less.'),
  missing: z
    .enum(['as-model', 'refuse'])
    .default('as-model')
    .describe(
      '`as-model`: rows with missing and infinite values are compared too, where the model takes them. `refuse`: the graph is served without taking them.',
    ),
});

export type ConversionOption = z.output<typeof conversionOption>;
