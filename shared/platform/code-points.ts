/** Which of two texts comes first by code point, which is also the order of their UTF-8 bytes: negative, 0 or positive. */
export const compareByCodePoint = (left: string, right: string): number => {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (one === other) continue;
    // Halves of what is beyond U+FFFF are in the middle of the rest.
    const isFar = isHalf(one);
    if (isFar === isHalf(other)) return one - other;
    return isFar ? 1 : -1;
  }
  return left.length - right.length;
};

const isHalf = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
