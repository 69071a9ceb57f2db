import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../../shared/events/catalogue.ts';
import { alertRuleSchema, SEVERITIES } from '../../../shared/notify/alert-rule.ts';
import { channelsFor, ruleMatches, severityOf } from '../../../shared/notify/match-rules.ts';
import { ruleOf } from '../../support/notify-world.ts';

const event = { type: 'slipway.rollout.rolled-back', subject: 'endpoints/heart' };

describe('severityOf', () => {
  it.each([
    [
      'error',
      [
        'slipway.rollout.rolled-back',
        'slipway.rollout.failed',
        'slipway.deployment.failed',
        'slipway.notification.failed',
      ],
    ],
    [
      'warn',
      [
        'slipway.package.refused',
        'slipway.rollout.paused',
        'slipway.drift.detected',
        'slipway.run.failed',
        'slipway.access.refused',
      ],
    ],
  ] as const)('is %s for exactly these', (severity, types) => {
    expect(EVENT_TYPES.filter((type) => severityOf(type) === severity).toSorted()).toEqual([...types].sort());
  });

  it.each([
    'slipway.model.registered',
    'slipway.drift.cleared',
    'something.else',
    'constructor',
    'toString',
    '__proto__',
    '',
  ])('is info for %j', (type) => {
    expect(severityOf(type)).toBe('info');
  });
});

describe('ruleMatches', () => {
  it.each([
    ['the very type', { eventTypes: ['slipway.rollout.rolled-back'] }, true],
    ['a prefix', { eventTypes: ['slipway.rollout.*'] }, true],
    ['a prefix within a word', { eventTypes: ['slipway.rollout.roll*'] }, true],
    ['everything', { eventTypes: ['slipway.*'] }, true],
    ['one of several', { eventTypes: ['slipway.drift.*', 'slipway.rollout.rolled-back'] }, true],
    ['another type', { eventTypes: ['slipway.rollout.failed'] }, false],
    ['the beginning of the type without a star', { eventTypes: ['slipway.rollout'] }, false],
    ['another prefix', { eventTypes: ['slipway.drift.*'] }, false],
    ['the subject', { subjectPrefix: 'endpoints/heart' }, true],
    ['the beginning of the subject', { subjectPrefix: 'endpoints/' }, true],
    ['an empty prefix of the subject', { subjectPrefix: '' }, true],
    ['another subject', { subjectPrefix: 'endpoints/lung' }, false],
    ['the end of the subject', { subjectPrefix: 'heart' }, false],
    ['its severity', { minSeverity: 'error' }, true],
    ['a lower severity', { minSeverity: 'warn' }, true],
    ['its type while it is off', { enabled: false }, false],
  ] as const)('a rule about %s', (_, rule, expected) => {
    expect(ruleMatches(ruleOf('r', rule as object), event)).toBe(expected);
  });

  it('leaves out what matters less', () => {
    expect(ruleMatches(ruleOf('r', { minSeverity: 'error' }), { ...event, type: 'slipway.drift.detected' })).toBe(
      false,
    );
    expect(ruleMatches(ruleOf('r', { minSeverity: 'warn' }), { ...event, type: 'slipway.model.registered' })).toBe(
      false,
    );
  });

  const anyEvent = fc.record({ type: fc.constantFrom(...EVENT_TYPES), subject: fc.string() });
  const anyRule = fc.record({
    eventTypes: fc.array(fc.constantFrom('slipway.*', 'slipway.rollout.*', ...EVENT_TYPES), { minLength: 1 }),
    subjectPrefix: fc.string({ maxLength: 3 }),
    minSeverity: fc.constantFrom(...SEVERITIES),
  });

  it('never matches while it is off', () => {
    fc.assert(
      fc.property(anyRule, anyEvent, (rule, each) => !ruleMatches(ruleOf('r', { ...rule, enabled: false }), each)),
    );
  });

  it('matches no less when its minimum severity is lowered', () => {
    fc.assert(
      fc.property(anyRule, anyEvent, (rule, each) => {
        const [info, warn, error] = SEVERITIES.map((minSeverity) =>
          ruleMatches(ruleOf('r', { ...rule, minSeverity }), each),
        );
        expect([error && !warn, warn && !info]).toEqual([false, false]);
      }),
    );
  });
});

describe('channelsFor', () => {
  it('names each channel once, with the first rule that asks for it', () => {
    const rules = [
      ruleOf('a', { channels: ['ops', 'team'] }),
      ruleOf('b', { channels: ['team', 'boss', 'boss'] }),
      ruleOf('off', { channels: ['nobody'], enabled: false }),
    ];

    expect(channelsFor(rules, event)).toEqual([
      { rule: 'a', channel: 'ops' },
      { rule: 'a', channel: 'team' },
      { rule: 'b', channel: 'boss' },
    ]);
  });

  it('names none when no rule matches', () => {
    expect(channelsFor([], event)).toEqual([]);
  });
});

describe('the schema of alert rules', () => {
  const rule = { name: 'r', eventTypes: ['slipway.*'], channels: ['ops'] };

  it('is on and tells everything unless it says otherwise', () => {
    expect(alertRuleSchema.parse(rule)).toEqual({ ...rule, minSeverity: 'info', enabled: true });
  });

  it.each(EVENT_TYPES)('takes the event type %s', (type) => {
    expect(alertRuleSchema.safeParse({ ...rule, eventTypes: [type] }).success).toBe(true);
  });

  it.each([
    ['a star alone', { eventTypes: ['*'] }],
    ['a star in the middle', { eventTypes: ['slipway.*.failed'] }],
    ['somebody else’s type', { eventTypes: ['Microsoft.Storage.BlobCreated'] }],
    ['no type', { eventTypes: [] }],
    ['no channel', { channels: [] }],
    ['a name with a blank', { name: 'a b' }],
    ['a name that begins with a dash', { name: '-a' }],
    ['a name of 64', { name: 'x'.repeat(64) }],
    ['an unknown severity', { minSeverity: 'fatal' }],
    ['an unknown field', { colour: 'red' }],
  ])('refuses %s', (_, wrong) => {
    expect(alertRuleSchema.safeParse({ ...rule, ...wrong }).success).toBe(false);
  });
});
