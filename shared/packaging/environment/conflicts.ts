import { satisfies } from '@renovatebot/pep440';
import { EnvironmentRefused } from './environment-refusal.ts';
import { pinOf, type Requirement } from './requirement.ts';

/**
 * Refuses requirements of one package that no version meets, as far as their text tells: two pins, a pin outside a
 * range, two URLs. What only a resolver sees is left to it.
 *
 * @throws EnvironmentRefused `conflict`
 */
export const refuseConflicts = (requirements: readonly Requirement[], constraints: readonly Requirement[]): void => {
  const byName = Map.groupBy([...requirements, ...constraints], ({ name, marker = '' }) =>
    JSON.stringify([name, marker]),
  );
  for (const same of byName.values()) {
    const urls = [...new Set(same.flatMap(({ url }) => (url === undefined ? [] : [url])))];
    const [first, ...others] = same;
    if (first !== undefined && urls.length > 1)
      throw conflict(first, others.find(({ url }) => url !== first.url) ?? first);
    for (const one of same) {
      const pin = pinOf(one);
      if (pin === undefined) continue;
      const other = same.find(({ specifiers }) =>
        specifiers.some((text) => !satisfies(pin, text, { prereleases: true })),
      );
      if (other !== undefined) throw conflict(one, other);
    }
  }
};

const conflict = (one: Requirement, other: Requirement) =>
  new EnvironmentRefused(
    'conflict',
    one.where,
    `asks for ${one.name}${one.specifiers.join(',')} and ${other.where} for ${other.name}${other.specifiers.join(',')}: no version is both`,
    'Leave one of them.',
  );
