import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../../shared/events/catalogue.ts';
import { renderMessage } from '../../../shared/notify/render-message.ts';
import { rolledBack } from '../../support/notify-world.ts';

describe('renderMessage', () => {
  it('carries the event with severity and title', () => {
    expect(renderMessage(rolledBack)).toEqual({
      id: 'je_1',
      type: 'slipway.rollout.rolled-back',
      severity: 'error',
      title: 'rollout rolled back: heart-classifier version 2, gate-failed',
      subject: 'endpoints/heart',
      time: '2025-12-31T23:59:59.000Z',
      correlationId: 'story-1',
      data: { model: 'heart-classifier', version: '2', reason: 'gate-failed' },
    });
  });

  it('has no time when the event has none', () => {
    const { time: _, ...timeless } = rolledBack;

    expect(renderMessage(timeless)).not.toHaveProperty('time');
  });

  it('titles the example of every event', () => {
    const titles = CATALOGUE.map(({ type, example }) => renderMessage({ ...rolledBack, ...example, type }).title);

    expect(titles).toEqual([
      'model registered: heart-classifier version 2',
      'model changed: heart-classifier version 2',
      'origin changed: heart-classifier version 7',
      'package built: heart-classifier version 2',
      'package refused: heart-classifier version 3, the model has no signature: log it again with signature= or input_example=',
      'rollout started: heart-classifier version 2',
      'rollout stepped: heart-classifier version 2',
      'rollout paused: heart-classifier version 2, manual',
      'rollout resumed: heart-classifier version 2, manual',
      'rollout promoted: heart-classifier version 2',
      'rollout succeeded: heart-classifier version 2',
      'rollout rolled back: heart-classifier version 2, gate-failed',
      'rollout failed: heart-classifier version 2, the model has no signature: log it again with signature= or input_example=',
      'deployment ready: heart-classifier version 2',
      'deployment failed: heart-classifier version 2, container exited with code 1',
      'deployment retired: heart-classifier version 2',
      'drift detected: heart-inputs',
      'drift cleared: heart-inputs',
      'experiment changed: heart',
      'run completed: experiments/4/runs/run_9',
      'run failed: experiments/4/runs/run_9',
      'notification failed: deliveries/dl_1, answered 500',
      'webhook changed: deployer',
      'token created: ada',
      'token revoked: ada',
      'access refused: access/203.0.113.7',
    ]);
  });

  it.each([null, undefined, 'text', 7, []])('falls back on the subject when the data is %j', (data) => {
    expect(renderMessage({ ...rolledBack, data }).title).toBe('rollout rolled back: endpoints/heart');
  });
});
