import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCaller } from '../../../shared/platform/access/caller.ts';
import { type Grant, grantSchema, inScope, scopeOf } from '../../../shared/platform/access/grant.ts';
import { ROLES } from '../../../shared/platform/access/role.ts';

const matching = (pattern: string, name: string) =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

const prefixes = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 4 });
const patterns = fc.tuple(prefixes, fc.boolean()).map(([prefix, open]) => (open ? `${prefix}*` : `${prefix}a`));

describe('a grant', () => {
  it.each<[string, unknown]>([
    ['a role for everything', { role: 'reader' }],
    ['a role for one model', { role: 'publisher', models: ['heart'] }],
    ['patterns', { role: 'operator', models: ['heart-*', '*'] }],
    ['admin', { role: 'admin' }],
  ])('is %s', (_, grant) => {
    expect(grantSchema.parse(grant)).toEqual(grant);
  });

  it.each<[string, unknown]>([
    ['no role', { models: ['heart'] }],
    ['a role that does not exist', { role: 'owner' }],
    ['a star in the middle', { role: 'reader', models: ['heart-*-v2'] }],
    ['two stars', { role: 'reader', models: ['heart**'] }],
    ['an empty name', { role: 'reader', models: [''] }],
    ['no models at all, which would be easy to take for all', { role: 'reader', models: [] }],
    ['an admin of some models, who could make himself one of all', { role: 'admin', models: ['heart-*'] }],
    ['a field that means nothing', { role: 'reader', model: 'heart' }],
  ])('is not %s', (_, grant) => {
    expect(grantSchema.safeParse(grant).success).toBe(false);
  });
});

describe('a caller', () => {
  it('may do what each of his grants says, and no more', () => {
    const ada = createCaller('ada', [{ role: 'publisher', models: ['heart-*'] }, { role: 'reader' }]);

    expect(ada.may('publisher', 'heart-classifier')).toBe(true);
    expect(ada.may('publisher', 'fraud')).toBe(false);
    expect(ada.may('reader', 'fraud')).toBe(true);
    expect(ada.may('operator', 'heart-classifier')).toBe(false);
    expect(ada.may('publisher')).toBe(true);
    expect(() => ada.requireForAll('publisher')).toThrow(/all models/);
    expect(() => ada.requireForAll('reader')).not.toThrow();
  });

  it.each(ROLES)('with the role %s has it and every lower one', (role) => {
    const caller = createCaller('c', [{ role }]);

    expect(ROLES.filter((each) => caller.may(each, 'm'))).toEqual(ROLES.slice(0, ROLES.indexOf(role) + 1));
  });

  it('without a grant may do nothing', () => {
    const nobody = createCaller('nobody', []);

    expect(ROLES.filter((role) => nobody.may(role) || nobody.may(role, 'm'))).toEqual([]);
  });

  it('is told who he is, what he has and what he lacks', () => {
    const ada = createCaller('ada', [{ role: 'publisher', models: ['heart-*', 'lung'] }, { role: 'reader' }]);

    expect(() => ada.require('publisher', 'fraud')).toThrow(
      "this needs the role publisher on model 'fraud'; you are 'ada' and have publisher on heart-* lung, reader on all models",
    );
    expect(() => ada.require('admin')).toThrow(/needs the role admin; you are 'ada'/);
    expect(() => createCaller('eve', []).require('reader')).toThrow(/you are 'eve' and have no role/);
    expect(() => ada.require('publisher', 'fraud')).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
  });
});

describe('a scope', () => {
  it('has a model exactly when one of the patterns matches its name', () => {
    fc.assert(
      fc.property(fc.array(patterns, { minLength: 1, maxLength: 3 }), prefixes, (models, name) => {
        const scope = scopeOf([{ role: 'reader', models }], 'reader');

        expect(inScope(scope, name)).toBe(models.some((pattern) => matching(pattern, name)));
      }),
    );
  });

  it('has a pattern only when it has every name that the pattern matches', () => {
    fc.assert(
      fc.property(patterns, patterns, prefixes, (held, asked, name) => {
        fc.pre(inScope([held], asked) && matching(asked, name));

        expect(inScope([held], name)).toBe(true);
      }),
    );
  });

  it('grows with every grant', () => {
    const grants = fc.array(
      fc.record<Grant>({ role: fc.constantFrom(...ROLES.slice(0, 3)), models: fc.array(patterns, { minLength: 1 }) }),
    );
    fc.assert(
      fc.property(grants, grants, prefixes, fc.constantFrom(...ROLES), (few, more, name, role) => {
        fc.pre(inScope(scopeOf(few, role), name));

        expect(inScope(scopeOf([...few, ...more], role), name)).toBe(true);
      }),
    );
  });
});
