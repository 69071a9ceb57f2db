import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../../shared/events/envelope.ts';

const cloudEvent = {
  specversion: '1.0',
  id: 'je_1',
  source: '/slipway',
  type: 'slipway.rollout.stepped',
  subject: 'endpoints/heart',
  time: '2026-01-01T00:00:00Z',
  correlationid: 'story-1',
  causedby: 'evt-0',
  data: { step: 1 },
};

const eventGridEvent = {
  id: 'evt-1',
  topic: '/subscriptions/s/workspaces/w',
  subject: 'models/heart:2',
  eventType: 'Microsoft.MachineLearningServices.ModelRegistered',
  eventTime: '2026-01-01T00:00:00.1234567Z',
  data: { ModelName: 'heart' },
  dataVersion: '',
  metadataVersion: '1',
};

const without = (event: object, key: string) =>
  Object.fromEntries(Object.entries(event).filter(([name]) => name !== key));

describe('parseEnvelope', () => {
  it('reads a CloudEvent with our correlation id', () => {
    expect(parseEnvelope(cloudEvent)).toEqual({
      id: 'je_1',
      source: '/slipway',
      type: 'slipway.rollout.stepped',
      subject: 'endpoints/heart',
      time: '2026-01-01T00:00:00Z',
      correlationId: 'story-1',
      data: { step: 1 },
    });
  });

  it('reads an Event Grid event, with seven digits of a second, as the beginning of a story', () => {
    expect(parseEnvelope(eventGridEvent)).toEqual({
      id: 'evt-1',
      source: '/subscriptions/s/workspaces/w',
      type: 'Microsoft.MachineLearningServices.ModelRegistered',
      subject: 'models/heart:2',
      time: '2026-01-01T00:00:00.1234567Z',
      correlationId: 'evt-1',
      data: { ModelName: 'heart' },
    });
  });

  it.each([
    ['subject', 'subject', ''],
    ['time', 'time', undefined],
    ['data', 'data', undefined],
    ['correlationid', 'correlationId', 'je_1'],
  ] as const)('takes a CloudEvent without %s', (key, property, expected) => {
    expect(parseEnvelope(without(cloudEvent, key))[property]).toBe(expected);
  });

  it.each([
    ['topic', 'source', ''],
    ['eventTime', 'time', undefined],
    ['data', 'data', undefined],
    ['dataVersion', 'id', 'evt-1'],
  ] as const)('takes an Event Grid event without %s', (key, property, expected) => {
    expect(parseEnvelope(without(eventGridEvent, key))[property]).toBe(expected);
  });

  it.each([
    ['a CloudEvent without id', without(cloudEvent, 'id'), 'id'],
    ['a CloudEvent with an empty id', { ...cloudEvent, id: '' }, 'id'],
    ['a CloudEvent without source', without(cloudEvent, 'source'), 'source'],
    ['a CloudEvent without type', without(cloudEvent, 'type'), 'type'],
    ['a CloudEvent of another version', { ...cloudEvent, specversion: '0.3' }, 'specversion'],
    ['a CloudEvent whose time is no time', { ...cloudEvent, time: 'yesterday' }, 'time'],
    ['an Event Grid event without id', without(eventGridEvent, 'id'), 'id'],
    ['an Event Grid event without type', without(eventGridEvent, 'eventType'), 'eventType'],
    ['an Event Grid event without subject', without(eventGridEvent, 'subject'), 'subject'],
    ['an Event Grid event whose time is no time', { ...eventGridEvent, eventTime: '' }, 'eventTime'],
    ['an array of events', [cloudEvent], '(root)'],
    ['null', null, '(root)'],
    ['text', JSON.stringify(cloudEvent), '(root)'],
    ['nothing', undefined, '(root)'],
    ['an empty object', {}, 'id, subject, eventType'],
  ])('refuses %s and says where to look', (_, raw, where) => {
    expect(() => parseEnvelope(raw)).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMETER_VALUE',
        message: `the event is neither a CloudEvents 1.0 nor an Event Grid envelope: look at ${where}`,
      }),
    );
  });
});
