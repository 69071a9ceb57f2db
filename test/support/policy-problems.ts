import { parsePolicy } from '../../shared/rollout/policy.ts';

export const BASE = { name: 'heart', selector: { endpoint: 'heart', model: 'heart-*' } };
export const STEPS = [
  { kind: 'smoke' },
  { kind: 'traffic', weight: 10, bake: 'PT10M' },
  { kind: 'traffic', weight: 100 },
];
export const GATE = { id: 'errors', type: 'errorRatio' };

/** What a policy with these fields is refused for; nothing when it is taken. */
export const problemsOf = (raw: Record<string, unknown>): string[] => {
  try {
    parsePolicy({ ...BASE, ...raw });
    return [];
  } catch (error) {
    return (error as Error).message.split('; ');
  }
};
