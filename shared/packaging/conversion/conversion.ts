/** What came of converting a model, as its package keeps it. */
export interface Conversion {
  /** Whether the graph is what is served. */
  readonly used: boolean;
  readonly tolerance: number;
  /** Largest difference of an answer on the compared rows. */
  readonly maxDifference?: number;
  /** The same as a share of what the model answers, or of 1 when that is less: what the tolerance is about. */
  readonly maxRelativeDifference?: number;
  readonly rows?: number;
  /** How many times faster one row is answered in process, and the two medians in milliseconds. */
  readonly speedUp?: { readonly factor: number; readonly pythonMs: number; readonly onnxMs: number };
  /** One sentence: why the graph is not served. */
  readonly reason?: string;
}
