import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../shared/platform/time.ts';
import { addWindow, bakeBegins, noEvidence, weightsChange, weightsStand } from '../../../shared/rollout/evidence.ts';
import { judge } from '../../../shared/rollout/gates.ts';
import type { Rollout } from '../../../shared/rollout/rollout.ts';
import { CANARY, MINUTE, rolloutIn, STABLE } from '../../support/rollout-fixtures.ts';
import { policyOf, T0 } from '../../support/rollout-world.ts';

/** Mulberry32: small, seeded, good enough for counts. */
const createRandom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A Poisson draw, by its normal approximation where the mean is large. */
const draw = (random: () => number, mean: number): number => {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1;
  return count;
};

const POLICY = policyOf();
const LOOKS = 60;
const REQUESTS = 2_000;

interface Rates {
  readonly canary: number;
  readonly stable: number;
}

/** The look at which a gate fails, 10 % on the canary. */
const failingLook = (random: () => number, ratesAt: (look: number) => Rates): number | undefined => {
  let evidence = bakeBegins(weightsStand(weightsChange(noEvidence(MINUTE), T0), T0), T0);
  const rollout: Rollout = rolloutIn('Baking', { policy: POLICY, step: 1 });
  for (let look = 1; look <= LOOKS; look += 1) {
    const { canary, stable } = ratesAt(look);
    const count = (requests: number, rate: number) => ({
      requests,
      errors: draw(random, requests * rate),
      timeouts: 0,
    });
    const deployments = {
      [CANARY]: count(REQUESTS * 0.1, canary),
      [STABLE.deployment]: count(REQUESTS * 0.9, stable),
    };
    const window = { from: epochMs(T0 + (look - 1) * MINUTE), to: epochMs(T0 + look * MINUTE), deployments };
    evidence = addWindow(evidence, window, { canary: CANARY, stable: STABLE.deployment, gates: POLICY.gates });
    if (judge({ ...rollout, evidence }).some(({ verdict }) => verdict === 'fail')) return look;
  }
  return undefined;
};

const simulate = (runs: number, ratesAt: (look: number) => Rates): readonly (number | undefined)[] => {
  const random = createRandom(42);
  return Array.from({ length: runs }, () => failingLook(random, ratesAt));
};

describe('the gates over many rollouts, a look every minute for an hour', () => {
  it('roll back at most 1 % of versions that are no worse', () => {
    const looks = simulate(400, () => ({ canary: 0.005, stable: 0.005 }));

    expect(looks.filter((look) => look !== undefined).length).toBeLessThanOrEqual(4);
  });

  it('are not fooled by an outage that hits both versions', () => {
    const looks = simulate(200, (look) =>
      look > 20 && look <= 26 ? { canary: 0.2, stable: 0.2 } : { canary: 0.005, stable: 0.005 },
    );

    expect(looks.filter((look) => look !== undefined).length).toBeLessThanOrEqual(2);
  });

  it('roll back at least 99 % of versions five times worse, half of them within 3 looks', () => {
    const looks = simulate(200, () => ({ canary: 0.025, stable: 0.005 }));
    const found = looks.filter((look) => look !== undefined).toSorted((a, b) => a - b);

    expect(found.length).toBeGreaterThanOrEqual(198);
    expect(found[Math.floor(found.length / 2)]).toBeLessThanOrEqual(3);
  });

  it('roll back a dead version at the first look', () => {
    expect(new Set(simulate(50, () => ({ canary: 1, stable: 0.005 })))).toEqual(new Set([1]));
  });
});
