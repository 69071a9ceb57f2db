import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wantsEvent } from '../../../local/event-grid/filter-event.ts';
import { type SubscriptionFilter, subscriptionProperties } from '../../../local/event-grid/subscription-schema.ts';
import type { AcceptedEvent } from '../../../local/event-grid/types.ts';
import { epochMs } from '../../../shared/platform/time.ts';

const EVENT = {
  id: 'e1',
  topic: '/workspaces/ws',
  subject: 'models/Heart:2',
  eventType: 'Model.Registered',
  dataVersion: '1.0',
  data: {
    Name: 'Heart',
    count: 5,
    ok: true,
    nothing: null,
    names: ['Alpha', 'Beta'],
    counts: [1, 5],
    flags: [false, true],
    mixed: ['x', 3, null],
    objects: [{ a: 'x' }],
    nested: { deep: { name: 'core' } },
    'dotted.name': 'unreachable',
  },
};

const accepted = (event: object = EVENT, schema: AcceptedEvent['schema'] = 'EventGridSchema'): AcceptedEvent => ({
  seq: 1,
  topicId: '/workspaces/ws',
  schema,
  acceptedAt: epochMs(0),
  event: event as AcceptedEvent['event'],
});

const parseFilter = (filter: object): SubscriptionFilter =>
  subscriptionProperties.parse({
    destination: { endpointType: 'WebHook', properties: { endpointUrl: 'http://localhost' } },
    filter,
  }).filter;

const wants = (filter: object, event = accepted()): boolean => wantsEvent(parseFilter(filter), event);

const advanced = (operatorType: string, key: string, operand: object = {}, onArrays = false): boolean =>
  wants({ advancedFilters: [{ operatorType, key, ...operand }], enableAdvancedFilteringOnArrays: onArrays });

describe('event type and subject filters', () => {
  it.each<[string, object, boolean]>([
    ['no filter', {}, true],
    ['null event types', { includedEventTypes: null }, true],
    ['its type', { includedEventTypes: ['Other', 'Model.Registered'] }, true],
    ['another type', { includedEventTypes: ['Model.Deployed'] }, false],
    ['no type at all', { includedEventTypes: [] }, false],
    ['the beginning of its subject in another case', { subjectBeginsWith: 'MODELS/heart' }, true],
    ['the same, minding case', { subjectBeginsWith: 'MODELS/heart', isSubjectCaseSensitive: true }, false],
    ['the end of its subject', { subjectEndsWith: ':2' }, true],
    ['another end', { subjectEndsWith: ':3' }, false],
    ['beginning and end', { subjectBeginsWith: 'models/', subjectEndsWith: 'heart:2' }, true],
    ['a wildcard, which is a literal', { subjectBeginsWith: 'models/*' }, false],
  ])('%s → %s', (_name, filter, expected) => {
    expect(wants(filter)).toBe(expected);
  });

  it('reads type and source of a CloudEvent', () => {
    const event = accepted(
      { id: '1', source: '/slipway', type: 'a.b', specversion: '1.0', myext: 'X' },
      'CloudEventSchemaV1_0',
    );

    expect(wants({ includedEventTypes: ['a.b'] }, event)).toBe(true);
    expect(wants({ subjectBeginsWith: 'x' }, event)).toBe(false);
    for (const [key, value] of [
      ['source', '/SLIPWAY'],
      ['type', 'A.B'],
      ['myext', 'x'],
      ['specversion', '1.0'],
    ]) {
      expect(wants({ advancedFilters: [{ operatorType: 'StringIn', key, values: [value] }] }, event)).toBe(true);
    }
  });
});

describe('advanced filters', () => {
  it.each<[string, string, object, boolean]>([
    ['NumberLessThan', 'data.count', { value: 6 }, true],
    ['NumberLessThan', 'data.count', { value: 5 }, false],
    ['NumberLessThanOrEquals', 'data.count', { value: 5 }, true],
    ['NumberLessThanOrEquals', 'data.count', { value: 4 }, false],
    ['NumberGreaterThan', 'data.count', { value: 4 }, true],
    ['NumberGreaterThan', 'data.count', { value: 5 }, false],
    ['NumberGreaterThanOrEquals', 'data.count', { value: 5 }, true],
    ['NumberGreaterThanOrEquals', 'data.count', { value: 6 }, false],
    ['NumberIn', 'data.count', { values: [4, 5] }, true],
    ['NumberIn', 'data.count', { values: [4] }, false],
    ['NumberNotIn', 'data.count', { values: [4] }, true],
    ['NumberNotIn', 'data.count', { values: [5] }, false],
    ['NumberInRange', 'data.count', { values: [[5, 6]] }, true],
    [
      'NumberInRange',
      'data.count',
      {
        values: [
          [1, 2],
          [3, 5],
        ],
      },
      true,
    ],
    ['NumberInRange', 'data.count', { values: [[6, 9]] }, false],
    ['NumberNotInRange', 'data.count', { values: [[6, 9]] }, true],
    ['NumberNotInRange', 'data.count', { values: [[1, 5]] }, false],
    ['BoolEquals', 'data.ok', { value: true }, true],
    ['BoolEquals', 'data.ok', { value: false }, false],
    ['StringIn', 'data.Name', { values: ['x', 'HEART'] }, true],
    ['StringIn', 'data.Name', { values: ['hear'] }, false],
    ['StringNotIn', 'data.Name', { values: ['x'] }, true],
    ['StringNotIn', 'data.Name', { values: ['heart'] }, false],
    ['StringBeginsWith', 'data.Name', { values: ['he'] }, true],
    ['StringBeginsWith', 'data.Name', { values: ['art'] }, false],
    ['StringNotBeginsWith', 'data.Name', { values: ['art'] }, true],
    ['StringNotBeginsWith', 'data.Name', { values: ['art', 'HE'] }, false],
    ['StringEndsWith', 'data.Name', { values: ['ART'] }, true],
    ['StringEndsWith', 'data.Name', { values: ['he'] }, false],
    ['StringNotEndsWith', 'data.Name', { values: ['he'] }, true],
    ['StringNotEndsWith', 'data.Name', { values: ['art'] }, false],
    ['StringContains', 'data.Name', { values: ['EAR'] }, true],
    ['StringContains', 'data.Name', { values: ['x'] }, false],
    ['StringNotContains', 'data.Name', { values: ['x'] }, true],
    ['StringNotContains', 'data.Name', { values: ['ear'] }, false],
    ['IsNotNull', 'data.Name', {}, true],
    ['IsNotNull', 'data.nothing', {}, false],
    ['IsNullOrUndefined', 'data.nothing', {}, true],
    ['IsNullOrUndefined', 'data.Name', {}, false],
    ['StringIn', 'id', { values: ['e1'] }, true],
    ['StringIn', 'topic', { values: ['/workspaces/ws'] }, true],
    ['StringIn', 'subject', { values: ['models/heart:2'] }, true],
    ['StringIn', 'eventType', { values: ['model.registered'] }, true],
    ['StringIn', 'dataVersion', { values: ['1.0'] }, true],
    ['StringIn', 'data.nested.deep.name', { values: ['core'] }, true],
    ['StringIn', 'data.NESTED.deep.NAME', { values: ['core'] }, true],
    ['StringIn', 'data.dotted.name', { values: ['unreachable'] }, false],
    ['StringIn', 'data.objects.a', { values: ['x'] }, false],
    ['StringIn', 'data.count', { values: ['5'] }, false],
    ['NumberIn', 'data.Name', { values: [5] }, false],
  ])('%s %s %o → %s', (operatorType, key, operand, expected) => {
    expect(advanced(operatorType, key, operand)).toBe(expected);
  });

  it.each<[string, object, boolean]>([
    ['NumberLessThan', { value: 1 }, false],
    ['NumberLessThanOrEquals', { value: 1 }, false],
    ['NumberGreaterThan', { value: 1 }, false],
    ['NumberGreaterThanOrEquals', { value: 1 }, false],
    ['NumberIn', { values: [1] }, false],
    ['NumberInRange', { values: [[1, 2]] }, false],
    ['BoolEquals', { value: false }, false],
    ['StringContains', { values: ['x'] }, false],
    ['StringNotContains', { values: ['x'] }, false],
    ['StringBeginsWith', { values: ['x'] }, false],
    ['StringNotBeginsWith', { values: ['x'] }, false],
    ['StringEndsWith', { values: ['x'] }, false],
    ['StringNotEndsWith', { values: ['x'] }, false],
    ['StringIn', { values: ['x'] }, false],
    ['IsNotNull', {}, false],
    ['NumberNotIn', { values: [1] }, true],
    ['NumberNotInRange', { values: [[1, 2]] }, true],
    ['StringNotIn', { values: ['x'] }, true],
    ['IsNullOrUndefined', {}, true],
  ])('%s %o on a missing key → %s', (operatorType, operand, expected) => {
    expect(advanced(operatorType, 'data.missing', operand)).toBe(expected);
    expect(advanced(operatorType, 'data.Name.below.a.string', operand)).toBe(expected);
  });

  it.each<[string, string, object, boolean]>([
    ['StringIn', 'data.names', { values: ['beta'] }, true],
    ['StringIn', 'data.names', { values: ['gamma'] }, false],
    ['StringNotIn', 'data.names', { values: ['gamma'] }, true],
    ['StringNotIn', 'data.names', { values: ['beta'] }, false],
    ['StringNotContains', 'data.names', { values: ['lph'] }, false],
    ['NumberGreaterThan', 'data.counts', { value: 4 }, true],
    ['NumberNotIn', 'data.counts', { values: [1] }, false],
    ['BoolEquals', 'data.flags', { value: true }, true],
    ['StringIn', 'data.mixed', { values: ['x'] }, true],
    ['NumberNotIn', 'data.mixed', { values: [3] }, false],
    ['StringIn', 'data.objects', { values: ['x'] }, false],
  ])('on arrays, %s %s %o → %s', (operatorType, key, operand, expected) => {
    expect(advanced(operatorType, key, operand, true)).toBe(expected);
  });

  it('leaves arrays out unless asked to look into them', () => {
    expect(advanced('StringIn', 'data.names', { values: ['beta'] })).toBe(false);
  });

  it('wants all filters to match, and any value of each', () => {
    const name = { operatorType: 'StringIn', key: 'data.Name', values: ['x', 'heart'] };
    const count = (value: number) => ({ operatorType: 'NumberGreaterThan', key: 'data.count', value });

    expect(wants({ advancedFilters: [name, count(4)] })).toBe(true);
    expect(wants({ advancedFilters: [name, count(5)] })).toBe(false);
  });
});

describe('advanced filter laws', () => {
  const withName = (name: string) => accepted({ ...EVENT, data: { name } });
  const one = (operatorType: string, values: readonly unknown[]) => ({
    advancedFilters: [{ operatorType, key: 'data.name', values }],
  });
  const values = fc.array(fc.string(), { minLength: 1, maxLength: 25 });

  it.each([['In'], ['BeginsWith'], ['EndsWith'], ['Contains']])(
    'StringNot%s is the opposite of its positive for any present string',
    (relation) => {
      fc.assert(
        fc.property(fc.string(), values, (name, given) => {
          const event = withName(name);
          expect(wants(one(`StringNot${relation}`, given), event)).toBe(!wants(one(`String${relation}`, given), event));
        }),
      );
    },
  );

  it('compares strings without regard to case', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcXYZ09/') }), values, (name, given) => {
        for (const operator of ['StringIn', 'StringContains', 'StringBeginsWith', 'StringEndsWith']) {
          expect(wants(one(operator, given), withName(name))).toBe(
            wants(one(operator, given), withName(name.toUpperCase())),
          );
        }
      }),
    );
  });

  it('finds every number either in a range or not in it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.integer(), fc.nat(), (number, low, width) => {
        const event = accepted({ ...EVENT, data: { name: number } });
        const range = [[low, low + width]];
        expect(wants(one('NumberInRange', range), event)).toBe(number >= low && number <= low + width);
        expect(wants(one('NumberNotInRange', range), event)).toBe(!wants(one('NumberInRange', range), event));
      }),
    );
  });
});

describe('filter limits', () => {
  const filters = (count: number, values: number) =>
    Array.from({ length: count }, () => ({
      operatorType: 'StringIn',
      key: 'subject',
      values: Array.from({ length: values }, () => 'x'),
    }));

  it.each<[string, readonly object[]]>([
    ['25 filters of one value', filters(25, 1)],
    ['one filter of 25 values', filters(1, 25)],
    ['values of 512 characters', [{ operatorType: 'StringIn', key: 'a', values: ['x'.repeat(512)] }]],
    ['null checks beside 25 values', [...filters(1, 25), { operatorType: 'IsNotNull', key: 'a' }]],
  ])('allow %s', (_name, advancedFilters) => {
    expect(parseFilter({ advancedFilters }).advancedFilters).toHaveLength(advancedFilters.length);
  });

  it.each<[string, readonly object[]]>([
    ['26 filters', filters(26, 1)],
    ['26 values in all', filters(13, 2)],
    ['a value of 513 characters', [{ operatorType: 'StringIn', key: 'a', values: ['x'.repeat(513)] }]],
    ['no values', [{ operatorType: 'StringIn', key: 'a', values: [] }]],
    ['a value of another type', [{ operatorType: 'NumberIn', key: 'a', values: ['1'] }]],
    ['another operator', [{ operatorType: 'StringMatches', key: 'a', values: ['x'] }]],
    ['an empty key', [{ operatorType: 'IsNotNull', key: '' }]],
  ])('refuse %s', (_name, advancedFilters) => {
    expect(() => parseFilter({ advancedFilters })).toThrow();
  });
});
