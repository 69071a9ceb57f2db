import { invalid } from './invalid.ts';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

const MAX_TAG_KEY = 250;
const MAX_TAG_VALUE = 100_000;

/** Letters, digits and underscores of every script, as Python's `\w` has them: inside a character class. */
export const WORD = String.raw`\p{L}\p{N}_`;
const TAG_KEY = new RegExp(`^[${WORD}\\p{M}/. :-]+$`, 'u');

/** @throws SlipwayError INVALID_PARAMETER_VALUE for a key or value outside MLflow's rules */
export const checkTag = ({ key, value }: Tag): Tag => {
  checkTagKey(key);
  if (value.length > MAX_TAG_VALUE) throw invalid(`'value' exceeds the maximum length of ${MAX_TAG_VALUE} characters`);
  return { key, value };
};

export const checkTagKey = (key: string): string => checkKey(key, 'key');

/**
 * The key of a tag, parameter or metric.
 *
 * @param path where it was in the request, as in `params[3].key`
 * @param called what it is called in the refusal of one that is too long
 * @throws SlipwayError INVALID_PARAMETER_VALUE
 */
export const checkKey = (key: string, path: string, called = path): string => {
  if (key.length > MAX_TAG_KEY) throw invalid(`'${called}' exceeds the maximum length of ${MAX_TAG_KEY} characters`);
  if (!TAG_KEY.test(key)) {
    throw invalid(
      `Invalid value "${key}" for parameter '${path}' supplied: Names may only contain alphanumerics, underscores (_), ` +
        'dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    );
  }
  if (key.startsWith('/') || key.split('/').some((segment) => ['', '.', '..'].includes(segment))) {
    throw invalid(
      `Invalid value "${key}" for parameter '${path}' supplied: Names may be treated as files in certain cases, and must ` +
        'not resolve to other names when treated as such.',
    );
  }
  return key;
};

/** The tags, each valid and each key once: the last of equal keys wins. */
export const checkTags = (tags: readonly Tag[]): readonly Tag[] => [
  ...new Map(tags.map((tag) => [tag.key, checkTag(tag)])).values(),
];

/** The tags with this one set; the same array when nothing changes. */
export const withTag = (tags: readonly Tag[], tag: Tag): readonly Tag[] => {
  const at = tags.findIndex(({ key }) => key === tag.key);
  if (at < 0) return [...tags, tag];
  return tags[at]?.value === tag.value ? tags : tags.with(at, tag);
};

/** The tags without that key; the same array when nothing changes. */
export const withoutTag = (tags: readonly Tag[], key: string): readonly Tag[] =>
  tags.some((tag) => tag.key === key) ? tags.filter((tag) => tag.key !== key) : tags;
