import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { startStack } from '../stack/start-stack.ts';
import { freePorts } from './free-ports.ts';
import { playStory } from './story.ts';
import { createTimeline } from './timeline.ts';

/** Plays the story of DESIGN on a throw-away stack; exit code 0 only when every promise of it held. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const timeline = createTimeline(say);
const dataDir = await mkdtemp(join(tmpdir(), 'slipway-demo-'));

say(pc.bold('Slipway: a model on its way to production, and back'));
timeline.step('starting a throw-away stack');
const stack = await startStack({
  ports: await freePorts(),
  dataDir,
  auth: false,
  allowPrivateEgress: true,
  report: (line) => timeline.step(line),
});
process.once('SIGINT', () => void stack.stop().then(() => process.exit(130)));

let failure: unknown;
try {
  await playStory(stack, timeline);
} catch (error) {
  failure = error;
  timeline.check((error as Error).message, false);
} finally {
  await stack.stop();
}

say('');
if (timeline.broken.length === 0) {
  await rm(dataDir, { recursive: true, force: true });
  say(pc.green('Every act ended as the story says.'));
} else {
  say(pc.red(`${timeline.broken.length} of the story's promises did not hold:`));
  for (const broken of timeline.broken) say(`  - ${broken}`);
  say(`The logs are in ${join(dataDir, 'logs')}`);
  if (failure instanceof Error && failure.cause !== undefined) say(String(failure.cause));
  process.exitCode = 1;
}
