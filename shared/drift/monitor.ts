import * as z from 'zod';
import type { Document } from '../platform/documents.ts';

/** What a monitor watches. Azure ML's monitors are matched by name. */
export const monitorSchema = z.strictObject({
  name: z.string().min(1).max(255),
  endpoint: z.string().min(1).max(32).optional(),
  model: z.string().min(1).max(256).optional(),
});

export type MonitorDefinition = z.output<typeof monitorSchema>;

/** The latest that is known of a monitor. */
export interface Monitor extends Document {
  readonly kind: 'monitor';
  readonly definition: MonitorDefinition;
  /** Of the newest window that drifted; `at` is its end, or when it was told if the sender does not say. */
  readonly lastDrift?: { readonly driftScore: number; readonly at: string; readonly event: string };
}
