/**
 * The minors to try for a model that was logged with `wanted`: that one alone when it can be served; else all that can,
 * the nearest first, and of two that are equally near the newer. What was pickled by one minor is likeliest to load in
 * the next.
 */
export const pythonsToTry = (wanted: string, available: readonly string[]): readonly string[] => {
  if (available.includes(wanted)) return [wanted];
  const distance = (python: string): number => Math.abs(minorOf(python) - minorOf(wanted));
  return available.toSorted((a, b) => distance(a) - distance(b) || minorOf(b) - minorOf(a));
};

const minorOf = (python: string): number => Number(python.split('.')[1]);
