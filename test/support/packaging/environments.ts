import {
  type BuildEnvironmentServices,
  buildEnvironment,
} from '../../../shared/packaging/environment/build-environment.ts';
import type {
  BuildOutcome,
  BuildRequest,
  EnvironmentBuilder,
} from '../../../shared/packaging/environment/environment-builder.ts';
import type { EnvironmentSpec } from '../../../shared/packaging/environment/environment-spec.ts';
import { createEnvironmentStore } from '../../../shared/packaging/environment/environment-store.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments, type MemoryDocumentsOptions } from '../memory-documents.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

export const environmentSpec = (over: Partial<EnvironmentSpec> = {}): EnvironmentSpec => ({
  python: '3.11',
  requirements: ['mlflow==2.19.0', 'numpy==2.1.3'],
  constraints: [],
  conda: { channels: [], packages: [] },
  options: { extraIndexUrls: [], pre: false, onlyBinary: [], noBinary: [] },
  ...over,
});

export const built = (over: Partial<Extract<BuildOutcome, { kind: 'built' }>> = {}): BuildOutcome => ({
  kind: 'built',
  image: `registry.example/env/mlflow@${DIGEST}`,
  repository: 'env/mlflow',
  digest: DIGEST,
  sizeBytes: 1000,
  python: { wanted: '3.11', used: '3.11' },
  durationMs: 42,
  ...over,
});

/** A builder that says what it is told to, the last of it again and again, and keeps what it was asked. */
export const scriptedBuilder = (
  ...answers: readonly (BuildOutcome | (() => Promise<BuildOutcome>))[]
): EnvironmentBuilder & { readonly requests: BuildRequest[] } => {
  const requests: BuildRequest[] = [];
  return {
    name: 'wheels',
    conda: false,
    requests,
    baseFor: async () => ({ base: 'none', platform: 'linux-x86_64', template: 'test-1', server: 'test-1' }),
    async build(request) {
      const answer = answers[Math.min(requests.length, answers.length - 1)] ?? built();
      requests.push(request);
      return typeof answer === 'function' ? answer() : answer;
    },
  };
};

/** Environments on documents in memory, with a clock that is moved by hand. */
export const environmentWorld = (
  builder: EnvironmentBuilder = scriptedBuilder(),
  options: MemoryDocumentsOptions = {},
) => {
  const documents = createMemoryDocuments(options);
  let now = epochMs(1_767_225_600_000);
  const services: BuildEnvironmentServices = {
    environments: createEnvironmentStore(documents),
    environmentBuilder: builder,
    clock: () => now,
    log: silentLogger,
  };
  const read = async (key: string) => (await services.environments.read(key))?.value;
  return {
    services,
    documents,
    read,
    pass: (ms: number) => {
      now = addMs(now, ms);
    },
    journal: () => documents.all().flatMap(({ value }) => (value.kind === 'journal' ? [value as JournalEntry] : [])),
    /** Waits for wake-ups and handles them until there are none; what a worker throws is its death. */
    async settle(key: string): Promise<void> {
      for (let turn = 0; turn < 50; turn += 1) {
        const document = await read(key);
        if (document === undefined || document.wakeUp === null) return;
        now = epochMs(Math.max(now, document.wakeUp.at));
        await buildEnvironment(services, { key }).catch(() => undefined);
      }
      throw new Error('the environment does not settle');
    },
  };
};
