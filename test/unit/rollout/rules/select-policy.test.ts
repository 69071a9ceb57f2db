import { describe, expect, it } from 'vitest';
import { endpointNameFor, matches, selectPolicy } from '../../../../shared/rollout/select-policy.ts';
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

  it('is the one automatic policy that matches', () => {
    const one = policy({});
    const other = policy({ model: 'lung' }, { name: 'other' });
    const manual = policy({}, { name: 'manual', trigger: 'manual' });

    expect(selectPolicy([other, manual, one], candidate())).toBe(one);
    expect(selectPolicy([other, manual], candidate())).toBeUndefined();
  });

  it('is a decision of a person when there are several', () => {
    const found = () => selectPolicy([policy({}), policy({ model: '*' }, { name: 'q' })], candidate());

    expect(found).toThrow('several policies match heart-classifier: p, q');
    expect(found).toThrow(
      expect.objectContaining({ code: 'INVALID_STATE', details: { model: 'heart-classifier', version: '2' } }),
    );
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
