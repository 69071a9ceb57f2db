/** What two versions did in the same minutes: requests and bad requests of canary and stable. */
export interface PairedCounts {
  readonly canaryRequests: number;
  readonly canaryBad: number;
  readonly stableRequests: number;
  readonly stableBad: number;
}

const GRID_SIZE = 24;
const LARGEST_RATIO = 32;

/** Largest e-value that is stored or shown: above it nothing changes, and JSON has no infinity. */
const E_VALUE_CAP = 1e300;

/** The alternatives that are mixed: rate ratios above `maxRatio` up to 32, evenly spaced on a log scale. */
export const rhoGrid = (maxRatio = 1): readonly number[] =>
  Array.from({ length: GRID_SIZE }, (_, i) => maxRatio * (LARGEST_RATIO / maxRatio) ** ((i + 1) / GRID_SIZE));

/**
 * Log-likelihood ratios of each alternative against "the canary's rate of bad requests is at most `maxRatio` times
 * stable's", added to `carried`.
 *
 * Given that a bad request happened, the null says it landed on the canary with probability at most
 * θ₀ = r·n_c / (r·n_c + n_s). Rates that change with time cancel out, because both versions saw the same minutes.
 */
export const addLogLikelihoods = (
  carried: readonly number[] | undefined,
  batches: readonly PairedCounts[],
  maxRatio = 1,
): readonly number[] => {
  const grid = rhoGrid(maxRatio);
  const sums = grid.map((_, i) => carried?.[i] ?? 0);
  for (const { canaryRequests, canaryBad, stableRequests, stableBad } of batches) {
    if (canaryRequests === 0 || stableRequests === 0) continue;
    const share = (ratio: number): number => (ratio * canaryRequests) / (ratio * canaryRequests + stableRequests);
    const nullShare = share(maxRatio);
    grid.forEach((ratio, i) => {
      const canaryTerm = canaryBad * Math.log(share(ratio) / nullShare);
      const stableTerm = stableBad * Math.log((1 - share(ratio)) / (1 - nullShare));
      sums[i] = (sums[i] ?? 0) + canaryTerm + stableTerm;
    });
  }
  return sums;
};

/**
 * The evidence that the canary is worse, as an e-value: 1 says nothing, and under the null it ever reaches 1/α with
 * probability at most α, however often one looks.
 *
 * @returns ≥ 0, at most 1e300
 * @see Lindon, Sanden, Shirikian (2022), arXiv 2205.14762, and Ville's inequality
 */
export const toEValue = (logLikelihoods: readonly number[]): number => {
  const largest = Math.max(...logLikelihoods);
  const scaled = logLikelihoods.reduce((sum, value) => sum + Math.exp(value - largest), 0) / logLikelihoods.length;
  return Math.min(E_VALUE_CAP, Math.exp(largest) * scaled);
};

/** E-value of these batches alone. */
export const eValue = (batches: readonly PairedCounts[], maxRatio = 1): number =>
  toEValue(addLogLikelihoods(undefined, batches, maxRatio));
