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
    const [first, ...others] = same.filter(({ url }) => url !== undefined);
    const another = others.find(({ url }) => url !== first?.url);
    if (first !== undefined && another !== undefined) throw conflict(first, another);
    for (const one of same) {
      const pin = pinOf(one);
      if (pin === undefined) continue;
      const other = same.find(({ specifiers }) => specifiers.some((text) => !meets(pin, text)));
      if (other !== undefined) throw conflict(one, other);
    }
  }
};

/** Whether a version that the pin takes meets the specifier: `==1.0` also takes `1.0+cpu`. */
const meets = (pin: string, specifier: string): boolean => {
  const local = pinOf({ specifiers: [specifier] });
  return (
    satisfies(pin, specifier, { prereleases: true }) ||
    (local !== undefined && satisfies(local, `==${pin}`, { prereleases: true }))
  );
};

const conflict = (one: Requirement, other: Requirement) =>
  new EnvironmentRefused(
    'conflict',
    one.where,
    `asks for ${one.name}${one.specifiers.join(',')} and ${other.where} for ${other.name}${other.specifiers.join(',')}: no version is both`,
    'Leave one of them.',
  );
