export type Percents = Readonly<Record<string, number>>;

/** Uniform numbers in [0, 1) that repeat for the same seed (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** The deployment that one request goes to, drawn by weight; undefined when no weight is positive. */
export const chooseDeployment = (traffic: Percents, random: () => number): string | undefined => {
  let total = 0;
  for (const name in traffic) total += traffic[name] ?? 0;
  if (total <= 0) return undefined;
  let left = random() * total;
  for (const name in traffic) {
    left -= traffic[name] ?? 0;
    if (left < 0) return name;
  }
  return undefined;
};

/** The deployment that gets a copy of this request, if this one is to be copied. */
export const chooseMirror = (mirrorTraffic: Percents, random: () => number): string | undefined => {
  for (const name in mirrorTraffic) {
    const percent = mirrorTraffic[name] ?? 0;
    if (percent > 0) return random() * 100 < percent ? name : undefined;
  }
  return undefined;
};
