import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Supervised, supervise } from '../../local/stack/supervise.ts';
import { processesNaming } from '../support/stack-processes.ts';
import { until } from '../support/until.ts';

/** Lives until it is asked to end, and says that it is ready a moment after its start. */
const CHILD = `process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1000);
setTimeout(() => console.log('{"ready":true}'), 100);
`;

let folder: string;
let reports: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-supervise-'));
  reports = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const supervised = async (source = CHILD): Promise<Supervised> => {
  const script = join(folder, 'child.mjs');
  await writeFile(script, source);
  const logFile = join(folder, 'child.log');
  return supervise({ name: 'child', args: [script], env: {}, logFile, readyWithinMs: 10_000 }, (line) =>
    reports.push(line),
  );
};

describe('a supervised child', () => {
  it('is started again when it is killed, and that is told', async () => {
    const child = await supervised();
    await child.start();
    const first = child.pid();

    process.kill(first, 'SIGKILL');

    await until('another child', () => child.pid() > 0 && child.pid() !== first);
    expect(reports).toEqual([expect.stringMatching(/^child ended \(SIGKILL\); starting it again in 200 ms, log: /)]);
    await child.stop();
  });

  it('stays down when it was stopped while it was starting', async () => {
    const child = await supervised();
    const starting = child.start();

    await child.stop();
    await starting;

    expect(child.pid()).toBe(-1);
    expect(processesNaming(folder)).toEqual([]);
  });

  it('that ends at its start is an error with the end of its log', async () => {
    const child = await supervised(`console.error('no such setting'); process.exit(3);`);

    await expect(child.start()).rejects.toThrow(/^child ended at start \(exit code 3\)\nno such setting$/);
  });
});
