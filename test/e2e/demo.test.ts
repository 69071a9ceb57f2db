import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../local/demo/main.ts', import.meta.url));

/** The acts as the demo numbers them. */
const ACTS = [
  '1. Version 1 is registered and goes live',
  '2. A client starts sending real rows, and never stops',
  '3. Version 2 is better: canary, steps, 100 %',
  '4. Version 3 crashes on one row in four: the gate takes it back',
  '5. Version 4 is ten times slower: the gate takes it back',
  '6. Azure ML announces version 5, not our API',
  '7. Drift is found meanwhile: hold, alert, resume',
  '8. The host is killed in mid-rollout',
  '9. Every event comes twice more',
  '10. The client stops',
];

describe('the demo', () => {
  it('plays every act of the story to the end that it promises', async ({ onTestFinished }) => {
    const demo = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void demo.kill());
    const ended = new Promise<number | null>((resolve) => demo.once('exit', resolve));

    const told = await text(demo.stdout);

    expect(told).not.toContain('✘');
    for (const act of ACTS) expect(told).toContain(act);
    expect(told).toContain('Every act ended as the story says.');
    expect(await ended, told).toBe(0);
  }, 300_000);
});
