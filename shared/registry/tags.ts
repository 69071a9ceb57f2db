import type { Tag } from './model.ts';

/** The tags with this one set; the same array when nothing changes. */
export const withTag = (tags: readonly Tag[], tag: Tag): readonly Tag[] => {
  const at = tags.findIndex(({ key }) => key === tag.key);
  if (at < 0) return [...tags, tag];
  return tags[at]?.value === tag.value ? tags : tags.with(at, tag);
};

/** The tags without that key; the same array when nothing changes. */
export const withoutTag = (tags: readonly Tag[], key: string): readonly Tag[] =>
  tags.some((tag) => tag.key === key) ? tags.filter((tag) => tag.key !== key) : tags;
