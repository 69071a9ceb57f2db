import { ENDPOINT, MODEL } from './stage.ts';

/** A rollout policy in seconds instead of minutes, so that the whole story fits into two of them. */
export const DEMO_POLICY = {
  selector: { endpoint: ENDPOINT, model: MODEL },
  steps: [
    { kind: 'smoke', repeat: 5 },
    { kind: 'traffic', weight: 10, bake: 'PT4S', minSamples: 20 },
    { kind: 'traffic', weight: 50, bake: 'PT3S', minSamples: 60 },
    { kind: 'traffic', weight: 100 },
  ],
  gates: [
    { id: 'dead', type: 'absolute', metric: 'errorRate', max: 0.5, minSamples: 20 },
    { id: 'errors', type: 'errorRatio', maxRatio: 1, detectRatio: 5 },
    { id: 'latency', type: 'absolute', metric: 'p50', max: 50, minSamples: 20 },
  ],
  analysis: { interval: 'PT1S', ingestionDelay: 'PT1S' },
  insufficientData: { maxExtend: 10, then: 'pause' },
  rollback: { keepCanary: 'PT1S', verifyTimeout: 'PT10S' },
  hold: { duration: 'PT2S' },
  deadline: { after: 'PT1H', then: 'rollback' },
  drift: { then: 'hold' },
} as const;
