import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { type Clock, type EpochMs, epochMs } from '../../shared/platform/time.ts';

const SLOT_MS = 1_000;
const KEPT_MS = 6 * 3_600_000;
/** Two neighbouring latency bins differ by 2 %, so a percentile is off by 1 % at most. */
const BIN_BASE = Math.log(1.02);

export interface ScoredRequest {
  /** Empty when no deployment was reached. */
  readonly deployment: string;
  readonly status: number;
  readonly modelStatus: number | undefined;
  readonly latencyMs: number;
}

/** Requests of one second with the same deployment and statuses. */
const cell = z.object({
  endpoint: z.string(),
  atMs: z.number(),
  deployment: z.string(),
  status: z.number(),
  modelStatus: z.number().optional(),
  count: z.number(),
  /** Bin of the latency's logarithm → requests. */
  bins: z.record(z.string(), z.number()),
});
export type MetricsCell = z.infer<typeof cell>;

/** Requests per second, deployment and status, with latencies; appended to a file, so that a restart keeps them. */
export class MetricsStore {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #cells = new Map<string, MetricsCell[]>();
  #open = new Map<string, MetricsCell>();
  #prunedAt: number;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#prunedAt = clock();
    mkdirSync(dirname(path), { recursive: true });
    const kept = readCells(path).filter(({ atMs }) => atMs > this.#prunedAt - KEPT_MS);
    for (const each of kept) this.#cellsOf(each.endpoint).push(each);
    writeFileSync(path, kept.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }

  record(endpoint: string, { deployment, status, modelStatus, latencyMs }: ScoredRequest): void {
    const atMs = Math.floor(this.#clock() / SLOT_MS) * SLOT_MS;
    const key = `${endpoint}/${atMs}/${deployment}/${status}/${modelStatus ?? ''}`;
    let open = this.#open.get(key);
    if (open === undefined) {
      open = {
        endpoint,
        atMs,
        deployment,
        status,
        ...(modelStatus !== undefined && { modelStatus }),
        count: 0,
        bins: {},
      };
      this.#open.set(key, open);
      this.#cellsOf(endpoint).push(open);
    }
    open.count += 1;
    const bin = Math.round(Math.log(Math.max(latencyMs, 0.01)) / BIN_BASE);
    open.bins[bin] = (open.bins[bin] ?? 0) + 1;
  }

  /** Cells of the endpoint whose second begins in [from, to). */
  cells(endpoint: string, from: EpochMs, to: EpochMs): MetricsCell[] {
    return this.#cellsOf(endpoint).filter(({ atMs }) => atMs >= from && atMs < to);
  }

  /** Writes what was counted since the last time; a second may take several lines, which add up. */
  flush(): void {
    if (this.#open.size > 0) {
      appendFileSync(this.#path, [...this.#open.values()].map((each) => `${JSON.stringify(each)}\n`).join(''));
      this.#open = new Map();
    }
    const now = epochMs(this.#clock());
    if (now - this.#prunedAt > KEPT_MS / 6) this.#prune(now);
  }

  #prune(now: EpochMs): void {
    this.#prunedAt = now;
    for (const [endpoint, cells] of this.#cells) {
      this.#cells.set(
        endpoint,
        cells.filter(({ atMs }) => atMs > now - KEPT_MS),
      );
    }
  }

  #cellsOf(endpoint: string): MetricsCell[] {
    const key = endpoint.toLowerCase();
    const cells = this.#cells.get(key) ?? [];
    this.#cells.set(key, cells);
    return cells;
  }
}

/**
 * The latency in milliseconds that a share of the requests did not exceed, within 1 %.
 *
 * @param quantile in (0, 1]
 */
export const latencyQuantile = (cells: readonly MetricsCell[], quantile: number): number | undefined => {
  const bins = new Map<number, number>();
  let total = 0;
  for (const each of cells) {
    for (const [bin, count] of Object.entries(each.bins)) {
      bins.set(Number(bin), (bins.get(Number(bin)) ?? 0) + count);
      total += count;
    }
  }
  let left = Math.ceil(total * quantile);
  for (const [bin, count] of [...bins].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return Math.exp(bin * BIN_BASE);
  }
  return undefined;
};

const readCells = (path: string): MetricsCell[] => {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const parsed = cell.safeParse(parseJson(line));
      return parsed.success ? [parsed.data] : [];
    });
};

/** A kill may have cut the last line short. */
const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};
