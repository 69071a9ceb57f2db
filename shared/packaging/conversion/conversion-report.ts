import * as z from 'zod';

const difference = z.number().min(0);
const milliseconds = z.number().min(0);

/** What the conversion step prints: whether there is a graph, and how it compares with the model. */
export const conversionReport = z.object({
  converted: z.boolean(),
  /** Why there is no graph that can be used. */
  reason: z.string().max(2_000).optional(),
  /** Largest difference over all rows; labels that differ are 1 apart. */
  maxDifference: difference.optional(),
  /** The same as a share of what the model answers, or of 1 when that is less. */
  maxRelativeDifference: difference.optional(),
  /** How many rows were compared. */
  rows: z.number().int().min(0).optional(),
  /** Medians for one row, in process. */
  speedUp: z.object({ pythonMs: milliseconds, onnxMs: milliseconds }).optional(),
  opset: z.number().int().optional(),
});

export type ConversionReport = z.output<typeof conversionReport>;
