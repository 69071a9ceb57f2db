/** One push by one tool. */
export interface Sample {
  readonly tool: string;
  /** Of the weights, in millions of bytes. */
  readonly megabytes: number;
  readonly push: 'first' | 'again' | 'logged again';
  readonly seconds: number;
  /** Peak, where the tool says. */
  readonly rssMiB?: number;
  /** Without the start of the process, where the tool says. */
  readonly insideSeconds?: number;
}

const OURS = 'slipway';

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** A Markdown table: median seconds of each tool, how many times ours that is, and our peak memory. */
export const pushReport = (samples: readonly Sample[]): string => {
  const tools = [...new Set(samples.map(({ tool }) => tool))];
  const rows = [...new Set(samples.map(({ megabytes, push }) => `${megabytes} | ${push}`))];
  const header = [
    'MB',
    'push',
    ...tools.map((tool) => `${tool}: s`),
    ...others(tools).map((tool) => `${tool} ÷ ours`),
    'ours without the start of Node: s',
    'our RSS, MiB',
  ];
  const lines = rows.map((row) => {
    const of = (wanted: string) =>
      samples.filter(({ tool, megabytes, push }) => tool === wanted && `${megabytes} | ${push}` === row);
    const seconds = (tool: string) => median(of(tool).map((sample) => sample.seconds));
    const rss = Math.max(...of(OURS).map(({ rssMiB = 0 }) => rssMiB));
    const inside = median(of(OURS).map(({ insideSeconds = Number.NaN }) => insideSeconds));
    return [
      row,
      ...tools.map((tool) => seconds(tool).toFixed(2)),
      ...others(tools).map((tool) => (seconds(tool) / seconds(OURS)).toFixed(1)),
      inside.toFixed(2),
      String(rss),
    ].join(' | ');
  });
  return [header.join(' | '), header.map(() => '---').join(' | '), ...lines].map((line) => `| ${line} |`).join('\n');
};

const others = (tools: readonly string[]): readonly string[] => tools.filter((tool) => tool !== OURS);
