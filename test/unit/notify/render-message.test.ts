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
      'package refused: heart-classifier version 3, model.pkl is named by flavors.python_function.model_path in MLmodel, but it is not there. Log the model again, and let the upload finish.',
      'package swept: heart-classifier version 2',
      'environment built: environments/3f2a9c0d5b7e41688a1c2d3e4f506172',
      "environment failed: environments/3f2a9c0d5b7e41688a1c2d3e4f506172, The index has no version 9.9.9 of 'numpy'. Pin one that it has, or name the index that has it.",
      'rollout started: heart-classifier version 2',
      'rollout stepped: heart-classifier version 2',
      'rollout paused: heart-classifier version 2, manual',
      'rollout resumed: heart-classifier version 2, manual',
      'rollout promoted: heart-classifier version 2',
      'rollout succeeded: heart-classifier version 2',
      'rollout rolled back: heart-classifier version 2, gate-failed',
      'rollout failed: heart-classifier version 2, model.pkl is named by flavors.python_function.model_path in MLmodel, but it is not there. Log the model again, and let the upload finish.',
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
