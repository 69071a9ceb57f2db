/**
 * A reading that callers who ask while one is under way share: all of them get the next one, which begins when that has
 * ended. So there is never more than one, and none of them misses what was written before he asked.
 */
export const sharedReading = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let underWay: Promise<void> | undefined;
  let next: Promise<T> | undefined;

  const begin = (): Promise<T> => {
    const reading = read();
    const end = (): void => {
      underWay = undefined;
    };
    underWay = reading.then(end, end);
    return reading;
  };

  return () => {
    if (underWay === undefined) return begin();
    next ??= underWay.then(() => {
      next = undefined;
      return begin();
    });
    return next;
  };
};
