/** One number of one time series, with its dimensions' names in lower case. */
export interface MetricSeries {
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}
