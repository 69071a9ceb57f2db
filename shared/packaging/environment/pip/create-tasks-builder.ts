import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../../platform/time.ts';
import type { ModelFiles } from '../../files/model-files.ts';
import type { ImageStore } from '../../image/ports.ts';
import { classifyFailure } from '../classify-failure.ts';
import type { BuildOutcome, BuildRequest, EnvironmentBuilder } from '../environment-builder.ts';
import { storedEnvironment } from '../stored-environment.ts';
import { attachLock } from '../wheels/lock-referrer.ts';
import { serverFiles } from '../wheels/server-files.ts';
import { buildContext } from './build-context.ts';
import { PIP_TEMPLATE } from './dockerfile.ts';
import { lockInLog } from './pip-lock.ts';
import type { RegistryTasks, TaskRun } from './registry-tasks.ts';

export interface TasksBuilderOptions {
  readonly tasks: RegistryTasks;
  readonly images: ImageStore;
  /** The Python scoring server, with its `requirements.txt`. */
  readonly server: ModelFiles;
  /** Image to build on by minor of Python, each by digest. */
  readonly bases: Readonly<Record<string, string>>;
  /** Root of the package index that builds ask; without credentials. */
  readonly indexUrl: string;
  readonly agentPool?: string;
  readonly clock: Clock;
}

const REPOSITORY = 'env/python';
const PLATFORM = 'linux-x86_64';
const LOOK_AGAIN_MS = 15_000;
const TIMEOUT_S = 45 * 60;
const CPU = 2;

/** The day of the image's own files. */
const CREATED = '1980-01-01T00:00:00Z';

/** States of a run that has not ended. */
const UNDER_WAY: readonly string[] = ['Queued', 'Started', 'Running'];

const jobSchema = z.object({ runId: z.string(), startedAt: z.number() });

/** Builds environments by pip in runs of Azure Container Registry Tasks. */
export const createTasksBuilder = (options: TasksBuilderOptions): EnvironmentBuilder => ({
  name: 'acr-tasks',
  conda: false,
  async baseFor(python) {
    const listing = await serverFiles(options.server);
    const server = createHash('sha256')
      .update(
        listing
          .map(({ path, contentId = '', size }) => `${path} ${contentId} ${size}\n`)
          .sort()
          .join(''),
      )
      .digest('hex');
    return { base: options.bases[python] ?? 'none', platform: PLATFORM, template: PIP_TEMPLATE, server };
  },
  build: (request) => (request.job === undefined ? start(options, request) : look(options, request)),
});

const start = async (options: TasksBuilderOptions, request: BuildRequest): Promise<BuildOutcome> => {
  const { tasks, images, bases, indexUrl, server, clock, agentPool } = options;
  const { key, spec, fresh } = request;
  const base = bases[spec.python];
  if (base === undefined) {
    return {
      kind: 'failed',
      code: 'python-unavailable',
      message: `There is no base image for Python ${spec.python}: name one in ENVIRONMENT_IMAGES, or log the model with ${Object.keys(bases).join(' or ') || 'another Python'}.`,
    };
  }
  const startedAt = clock();
  if (!fresh) {
    // Pushed by an earlier call that could not report it.
    const found = await storedEnvironment(images, REPOSITORY, key);
    if (found !== undefined) return { kind: 'built', ...found, python: same(spec.python), durationMs: 0 };
  }
  const runId = await tasks.start({
    context: await buildContext({ spec, base, indexUrl, server }),
    imageName: `${REPOSITORY}:${key}`,
    cpu: CPU,
    timeoutS: TIMEOUT_S,
    ...(agentPool === undefined ? {} : { agentPool }),
  });
  return { kind: 'running', job: { runId, startedAt }, lookAgainMs: LOOK_AGAIN_MS };
};

const look = async (options: TasksBuilderOptions, { key, spec, job }: BuildRequest): Promise<BuildOutcome> => {
  const { tasks, images, clock } = options;
  const { runId, startedAt } = jobSchema.parse(job);
  const run = await tasks.run(runId);
  if (UNDER_WAY.includes(run.status)) return { kind: 'running', job, lookAgainMs: LOOK_AGAIN_MS };
  const log = await logOf(tasks, run);
  if (run.status !== 'Succeeded') return failureOf(run, log);

  const digest = run.outputImages?.find(({ repository }) => repository === REPOSITORY)?.digest ?? key;
  const found = await storedEnvironment(images, REPOSITORY, digest);
  if (found === undefined) {
    const message = `The run ${runId} succeeded, but its image is not in the registry. Refresh the environment.`;
    return { kind: 'failed', code: 'build-failed', message };
  }
  const lock = found.lock ?? lockInLog(log, spec.python, PLATFORM);
  if (found.lock === undefined && lock !== undefined) {
    const manifest = await images.readManifest(REPOSITORY, found.digest);
    if (manifest !== undefined) await attachLock(images, REPOSITORY, { manifest, created: CREATED }, lock);
  }
  const durationMs = clock() - startedAt;
  return {
    kind: 'built',
    ...found,
    python: same(spec.python),
    durationMs,
    ...(lock === undefined ? {} : { lock }),
  };
};

const same = (python: string) => ({ wanted: python, used: python });

/** A log that cannot be read must not make a finished build fail. */
const logOf = async (tasks: RegistryTasks, { runId, status }: TaskRun): Promise<string> => {
  try {
    return await tasks.log(runId);
  } catch (cause) {
    if (status === 'Succeeded') return '';
    throw cause;
  }
};

const failureOf = ({ runId, status, runErrorMessage }: TaskRun, log: string): BuildOutcome => {
  switch (status) {
    case 'Timeout':
      return {
        ...classifyFailure(log),
        code: 'timeout',
        message: `The run ${runId} took longer than ${TIMEOUT_S / 60} minutes.`,
      };
    case 'Canceled':
      return {
        ...classifyFailure(log),
        code: 'build-failed',
        message: `The run ${runId} was cancelled. Refresh the environment to build it.`,
      };
    default:
      return classifyFailure(`${log}\n${runErrorMessage ?? ''}`);
  }
};
