import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const outcomeSchema = z.object({
  /** Name of the test function. */
  test: z.string(),
  /** The function's name with the parameters of this case, if it has any. */
  id: z.string(),
  outcome: z.enum(['passed', 'failed', 'skipped']),
  message: z.string(),
});

export type Outcome = z.output<typeof outcomeSchema>;

export interface PytestRun {
  readonly python: string;
  readonly file: URL;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs one file of Python tests in an empty folder, with nothing of this environment but what `env` says.
 *
 * @returns every case that ran, as the hook in `conftest.py` wrote it down
 * @throws Error with pytest's output when it did not come to run the tests
 */
export const runPytest = async ({ python, file, env }: PytestRun): Promise<readonly Outcome[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-pytest-'));
  const report = join(folder, 'report.jsonl');
  try {
    const child = spawn(
      python,
      [
        '-m',
        'pytest',
        '--quiet',
        '--color=no',
        '-p',
        'no:cacheprovider',
        '--rootdir',
        fileURLToPath(new URL('.', file)),
        fileURLToPath(file),
      ],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], HOME: folder, SLIPWAY_REPORT: report, ...env },
      },
    );
    const stop = (): void => void child.kill('SIGKILL');
    process.once('exit', stop);
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => output.push(line));
    }
    const exit = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    process.off('exit', stop);
    const outcomes = await outcomesIn(report);
    // 0: all passed, 1: some failed; everything else is about pytest itself.
    if (exit !== 0 && exit !== 1) throw new Error(`pytest ended with ${exit}:\n${output.slice(-60).join('\n')}`);
    return outcomes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const outcomesIn = async (report: string): Promise<readonly Outcome[]> => {
  const lines = (await readFile(report, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return lines.map((line) => outcomeSchema.parse(JSON.parse(line)));
};
