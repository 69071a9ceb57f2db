import { describe, expect, it } from 'vitest';
import { deploymentChanged } from '../../../functions/events/deployment-changed.ts';
import { driftDetected } from '../../../functions/events/drift-detected.ts';
import { imagePushed } from '../../../functions/events/image-pushed.ts';
import { modelChanged } from '../../../functions/events/model-changed.ts';
import { modelRegistered } from '../../../functions/events/model-registered.ts';
import { notify } from '../../../functions/events/notify.ts';
import { originChanged } from '../../../functions/events/origin-changed.ts';
import { runCompleted } from '../../../functions/events/run-completed.ts';
import { SUBSCRIPTIONS } from '../../../shared/events/subscriptions.ts';

const HANDLERS = [
  modelRegistered,
  modelChanged,
  deploymentChanged,
  driftDetected,
  runCompleted,
  originChanged,
  imagePushed,
  notify,
];

describe('event subscriptions', () => {
  it('are these', () => {
    expect(SUBSCRIPTIONS.map(({ name, topic }) => `${topic} ${name}`)).toEqual([
      'slipway slipway-model-registered',
      'machine-learning machine-learning-model-registered',
      'slipway slipway-model-changed',
      'slipway slipway-deployment-changed',
      'machine-learning machine-learning-deployment-changed',
      'slipway slipway-drift-detected',
      'machine-learning machine-learning-drift-detected',
      'slipway slipway-run-completed',
      'machine-learning machine-learning-run-completed',
      'slipway slipway-origin-changed',
      'slipway slipway-image-pushed',
      'container-registry container-registry-image-pushed',
      'slipway slipway-notify',
      'slipway slipway-notify-2',
    ]);
  });

  it.each(SUBSCRIPTIONS.map((subscription) => [subscription.name, subscription] as const))(
    '%s goes to a function that takes each of its types',
    (_, { function: name, includedEventTypes }) => {
      const handler = HANDLERS.find((candidate) => candidate.name === name);

      expect(Object.keys(handler?.on ?? {})).toEqual(expect.arrayContaining([...includedEventTypes]));
      expect(includedEventTypes.length).toBeGreaterThan(0);
    },
  );

  it.each(HANDLERS.map((handler) => [handler.name, handler] as const))(
    '%s is told of every type it takes on our topic, so that each can be replayed there',
    (name, handler) => {
      const told = SUBSCRIPTIONS.filter((each) => each.topic === 'slipway' && each.function === name);

      expect(told.flatMap(({ includedEventTypes }) => includedEventTypes).toSorted()).toEqual(
        Object.keys(handler.on).toSorted(),
      );
    },
  );

  it('stay within the 25 values that Event Grid allows per filter', () => {
    expect(SUBSCRIPTIONS.filter(({ includedEventTypes }) => includedEventTypes.length > 25)).toEqual([]);
  });
});
