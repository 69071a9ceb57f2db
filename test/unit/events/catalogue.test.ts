import { describe, expect, it } from 'vitest';
import { CATALOGUE, EVENT_TYPES, eventDataSchema } from '../../../shared/events/catalogue.ts';
import { subjectOf } from '../../../shared/events/subjects.ts';

/** `models/{name}[/versions/{version}]` as a pattern: braces stand for one segment, brackets for what may be absent. */
const patternOf = (shape: string): RegExp =>
  new RegExp(
    `^${shape
      .replaceAll('[', '(?:')
      .replaceAll(']', ')?')
      .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
  );

describe('the event catalogue', () => {
  it('holds exactly the events that the outside is promised', () => {
    expect(EVENT_TYPES).toEqual([
      'slipway.model.registered',
      'slipway.model.changed',
      'slipway.origin.changed',
      'slipway.package.built',
      'slipway.package.refused',
      'slipway.package.swept',
      'slipway.environment.built',
      'slipway.environment.failed',
      'slipway.rollout.started',
      'slipway.rollout.stepped',
      'slipway.rollout.paused',
      'slipway.rollout.resumed',
      'slipway.rollout.promoted',
      'slipway.rollout.succeeded',
      'slipway.rollout.rolled-back',
      'slipway.rollout.failed',
      'slipway.deployment.ready',
      'slipway.deployment.failed',
      'slipway.deployment.retired',
      'slipway.drift.detected',
      'slipway.drift.cleared',
      'slipway.experiment.changed',
      'slipway.run.completed',
      'slipway.run.failed',
      'slipway.notification.failed',
      'slipway.webhook.changed',
      'slipway.token.created',
      'slipway.token.revoked',
      'slipway.access.refused',
    ]);
  });

  it('names each type once', () => {
    expect(new Set(EVENT_TYPES).size).toBe(CATALOGUE.length);
  });

  describe.each(CATALOGUE.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
    it('is named slipway, thing and what happened', () => {
      expect(type).toMatch(/^slipway\.[a-z]+\.[a-z]+(-[a-z]+)*$/);
    });

    it('has an example that its schema takes without dropping anything', () => {
      expect(definition.data.parse(definition.example.data)).toEqual(definition.example.data);
    });

    it('has an example whose subject is of its shape', () => {
      expect(definition.example.subject).toMatch(patternOf(definition.subject));
    });

    it('says in one sentence when it is sent', () => {
      expect(definition.summary).toMatch(/^[A-Z].{10,}\.$/);
    });

    it('is found by its type', () => {
      expect(eventDataSchema(type)).toBe(definition.data);
    });
  });
});

describe('subjects', () => {
  it.each([
    [subjectOf.model('heart-classifier'), 'models/heart-classifier'],
    [subjectOf.version('heart-classifier', '2'), 'models/heart-classifier/versions/2'],
    [subjectOf.version('my model/a', '2'), 'models/my%20model%2Fa/versions/2'],
    [subjectOf.endpoint('heart'), 'endpoints/heart'],
    [subjectOf.deployment('heart', 'v2-1b9d'), 'endpoints/heart/deployments/v2-1b9d'],
    [subjectOf.monitor("ada's inputs"), 'monitors/ada%27s%20inputs'],
    [subjectOf.run('4', 'run/9'), 'experiments/4/runs/run%2F9'],
    [subjectOf.origin('research'), 'origins/research'],
    [subjectOf.delivery('dl_1'), 'deliveries/dl_1'],
  ])('%s', (subject, expected) => {
    expect(subject).toBe(expected);
  });
});
