/**
 * True when the text has SQL's LIKE pattern: `%` is any text, `_` one character, and nothing escapes them.
 *
 * Goes back only to the last `%`, so the time is at most the product of both lengths, whatever the pattern.
 */
export const isLike = (text: string, pattern: string): boolean => {
  const characters = [...text];
  const wanted = [...pattern];
  let at = 0;
  let want = 0;
  let lastAny = -1;
  let resumeAt = 0;
  while (at < characters.length) {
    if (wanted[want] === '%') {
      lastAny = want;
      resumeAt = at;
      want += 1;
    } else if (want < wanted.length && (wanted[want] === '_' || wanted[want] === characters[at])) {
      want += 1;
      at += 1;
    } else if (lastAny >= 0) {
      want = lastAny + 1;
      resumeAt += 1;
      at = resumeAt;
    } else {
      return false;
    }
  }
  return wanted.slice(want).every((rest) => rest === '%');
};
