import { describe, expect, it } from 'vitest';
import {
  endpointNameFor,
  matches,
  type Occasion,
  selectPolicy,
  whyNone,
} from '../../../../shared/rollout/select-policy.ts';
import { policyOf } from '../../../support/rollout-world.ts';

const policy = (selector: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  policyOf({ selector: { endpoint: 'heart', model: 'heart-classifier', ...selector }, ...more });
const candidate = (more: Record<string, unknown> = {}) => ({
  model: 'heart-classifier',
  version: '2',
  tags: { team: 'cardio', size: 's' },
  ...more,
});

describe('a policy', () => {
  it.each([
    [{}, {}, true],
    [{ model: 'heart' }, {}, false],
    [{ model: 'heart-*' }, {}, true],
    [{ model: 'heart-classifier*' }, {}, true],
    [{ model: 'lung-*' }, {}, false],
    [{ model: '*' }, {}, true],
    [{ tags: {} }, {}, true],
    [{ tags: { team: 'cardio', size: 's' } }, {}, true],
    [{ tags: { team: 'cardio', size: 'l' } }, {}, false],
    [{ tags: { owner: 'ada' } }, {}, false],
  ])('with selector %o, for %o: %s', (selector, more, expected) => {
    expect(matches(policy(selector), candidate(more))).toBe(expected);
  });

  const TRIGGERS = [
    'registration',
    { stage: 'Staging' },
    { stage: 'Production' },
    { alias: 'challenger' },
    { alias: 'Production' },
    { alias: 'registration' },
  ] as const;

  it.each(TRIGGERS.flatMap((trigger) => TRIGGERS.map((on) => [trigger, on] as const)))(
    'that starts on %o, on %o',
    (trigger, on) => {
      const one = policy({}, { trigger });

      expect(selectPolicy([one], candidate(), on)).toBe(trigger === on ? one : undefined);
    },
  );

  it.each<Occasion>([...TRIGGERS])('that is manual never starts by itself, as on %o', (on) => {
    expect(selectPolicy([policy({}, { trigger: 'manual' })], candidate(), on)).toBeUndefined();
  });

  it('is the one of its occasion that matches', () => {
    const one = policy({});
    const other = policy({ model: 'lung' }, { name: 'other' });
    const manual = policy({}, { name: 'manual', trigger: 'manual' });
    const challenger = policy({}, { name: 'challenger', trigger: { alias: 'challenger' } });
    const all = [other, manual, challenger, one];

    expect(selectPolicy(all, candidate(), 'registration')).toBe(one);
    expect(selectPolicy(all, candidate(), { alias: 'challenger' })).toBe(challenger);
    expect(selectPolicy([other, manual], candidate(), 'registration')).toBeUndefined();
  });

  it.each([
    ['registration', 'on registration: p, q'],
    [{ stage: 'Production' }, 'on stage Production: p, q'],
    [{ alias: 'challenger' }, 'on alias challenger: p, q'],
  ] as const)('is a decision of a person when there are several on %o', (trigger, words) => {
    const policies = [policy({}, { trigger }), policy({ model: '*' }, { name: 'q', trigger })];
    const found = () => selectPolicy(policies, candidate(), trigger);

    expect(found).toThrow(`several policies match heart-classifier ${words}`);
    expect(found).toThrow(
      expect.objectContaining({ code: 'INVALID_STATE', details: { model: 'heart-classifier', version: '2' } }),
    );
  });
});

describe('why no policy starts a rollout', () => {
  it.each([
    [[], "no policy is about model 'heart-classifier'"],
    [[policy({ model: 'lung-*' })], "no policy is about model 'heart-classifier'"],
    [
      [policy({ tags: { team: 'lungs' } }), policy({ tags: { size: 'l' } }, { name: 'q' })],
      'the version does not have the tags that these policies ask for: p, q',
    ],
    [
      [
        policy({}, { trigger: 'manual' }),
        policy({}, { name: 'q', trigger: { stage: 'Production' } }),
        policy({ model: 'lung' }, { name: 'r' }),
      ],
      'no policy about the model starts on registration, but: p (manual), q (stage Production)',
    ],
    [
      [policy({}, { trigger: { alias: 'challenger' } }), policy({ tags: { size: 'l' } }, { name: 'q' })],
      'the version does not have the tags that these policies ask for: q',
    ],
  ])('of %o: %s', (policies, reason) => {
    expect(whyNone(policies, candidate(), 'registration')).toBe(reason);
  });
});

describe('the name of an endpoint', () => {
  it.each([
    ['heart', 'x', 'heart'],
    ['{model}', 'heart-classifier', 'heart-classifier'],
    ['{model}-{model}', 'ab', 'ab-ab'],
    ['{model}', 'abc', 'abc'],
    ['{model}', 'a'.repeat(32), 'a'.repeat(32)],
  ])('%s for %s is %s', (endpoint, model, expected) => {
    expect(endpointNameFor(policy({ endpoint }), model)).toBe(expected);
  });

  it.each([
    ['heart_classifier', /^heart-classifier-[a-z0-9]{4}$/],
    ['heart  / v', /^heart-v-[a-z0-9]{4}$/],
    ['9lives', /^lives-[a-z0-9]{4}$/],
    ['--a.b.', /^a-b-[a-z0-9]{4}$/],
    ['ab', /^ab-[a-z0-9]{4}$/],
    ['a'.repeat(33), /^a{27}-[a-z0-9]{4}$/],
    [`${'a'.repeat(26)}-bcdefgh`, /^a{26}-[a-z0-9]{4}$/],
    [`${'a'.repeat(25)}__-__bcdefghij`, /^a{25}-b-[a-z0-9]{4}$/],
    ['12345', /^model-[a-z0-9]{4}$/],
    ['心臓', /^model-[a-z0-9]{4}$/],
    ['a--b', /^a-b-[a-z0-9]{4}$/],
    ['ends-', /^ends-[a-z0-9]{4}$/],
    ['x!abc', /^x-abc-[a-z0-9]{4}$/],
  ])('of a model %s is made one', (model, expected) => {
    expect(endpointNameFor(policy({ endpoint: '{model}' }), model)).toMatch(expected);
  });

  it('keeps models apart that look the same', () => {
    const name = (model: string) => endpointNameFor(policy({ endpoint: '{model}' }), model);

    expect(name('a.bc')).not.toBe(name('a_bc'));
    expect(name('a.bc')).toBe(name('a.bc'));
  });
});
