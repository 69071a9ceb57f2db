import type { Documents } from '../../shared/platform/documents.ts';
import type { JournalEntry, WakeUp, Waking } from '../../shared/platform/journal.ts';
import type { Leases } from '../../shared/platform/lease.ts';
import { silentLogger } from '../../shared/platform/logging.ts';
import type { Queues } from '../../shared/platform/queues.ts';
import { type EpochMs, epochMs } from '../../shared/platform/time.ts';
import { type AdvanceRolloutMessage, advanceRollout, type TickOutcome } from '../../shared/rollout/advance-rollout.ts';
import { parsePolicy } from '../../shared/rollout/policy.ts';
import { createPolicyStore } from '../../shared/rollout/policy-store.ts';
import type { PackageState } from '../../shared/rollout/ports.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import { createRolloutStore } from '../../shared/rollout/rollout-store.ts';
import type { RolloutServices } from '../../shared/rollout/services.ts';
import { createFakeEndpoints, type FakeEndpoints, type FakeEndpointsOptions } from './fake-endpoints.ts';
import { createMemoryDocuments, type MemoryDocuments } from './memory-documents.ts';

/** 2026-01-01T00:00:00Z. */
export const T0 = epochMs(1_767_225_600_000);

export const CAUSE = { causedBy: 'evt-1', correlationId: 'cor-1' };

/** The worker died here: nothing after it ran. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

export interface RolloutWorld {
  readonly services: RolloutServices;
  readonly documents: MemoryDocuments;
  readonly endpoints: FakeEndpoints;
  readonly champions: string[];
  readonly packageStates: Map<string, PackageState>;
  readonly packageRequests: string[];
  readonly queue: { readonly at: number; readonly message: AdvanceRolloutMessage }[];
  readonly outcomes: TickOutcome[];
  now: EpochMs;
  /** Number of port calls so far; each has a point before and a point after it. */
  readonly points: { count: number; crashAt: number };
  journal(): readonly JournalEntry[];
  rollout(id: string): Promise<Rollout>;
  /** Delivers messages in order of time until `done` or until nothing is due before `untilAt`. */
  run(options: { readonly forMs: number; readonly done?: () => boolean | Promise<boolean> }): Promise<void>;
}

const CRASHED_MESSAGE_RETURNS_MS = 60_000;

export const policyOf = (raw: Record<string, unknown> = {}) =>
  parsePolicy({ name: 'p', selector: { endpoint: 'heart', model: 'heart-*' }, ...raw });

/** A whole control plane for rollouts in memory: time moves only by `run`, and every port call may be the last. */
export const createRolloutWorld = (
  options: Partial<FakeEndpointsOptions> & { readonly duplicateMessages?: boolean } = {},
): RolloutWorld => {
  const documents = createMemoryDocuments();
  const queue: { at: number; message: AdvanceRolloutMessage }[] = [];
  const points = { count: 0, crashAt: Number.POSITIVE_INFINITY };
  const champions: string[] = [];
  const packageRequests: string[] = [];
  const packageStates = new Map<string, PackageState>();
  const world = { now: T0 };
  const clock = () => world.now;

  const point = (): void => {
    points.count += 1;
    if (points.count === points.crashAt) throw new Crash(`point ${points.count}`);
  };
  const crashing = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, key) => {
        const member = Reflect.get(target, key) as unknown;
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          point();
          const result = (await Reflect.apply(member, target, args)) as unknown;
          point();
          return result;
        };
      },
    });

  const relay = (wakeUp: WakeUp): void => {
    const message = wakeUp.message as unknown as AdvanceRolloutMessage;
    queue.push({ at: wakeUp.at, message });
    if (options.duplicateMessages === true) queue.push({ at: wakeUp.at + 500, message });
  };
  const relayed: Documents = {
    read: documents.read,
    query: documents.query,
    async commit(partition, writes) {
      const outcome = await documents.commit(partition, writes);
      if (!outcome.ok) return outcome;
      for (const write of writes) {
        if (write.op === 'delete') continue;
        const { wakeUp } = write.value as Waking;
        if (wakeUp !== undefined && wakeUp !== null) relay(wakeUp);
      }
      return outcome;
    },
  };

  const endpoints = createFakeEndpoints({ clock, ...options });
  const queues: Queues = {
    send: async (_queue, message, sendOptions) => {
      queue.push({ at: world.now + (sendOptions?.visibleAfterMs ?? 0), message: message as AdvanceRolloutMessage });
    },
  };
  const leases: Leases = { withLease: async (_name, work) => ({ held: true, result: await work() }) };

  const services: RolloutServices = {
    rollouts: createRolloutStore(crashing(relayed)),
    policies: createPolicyStore(createMemoryDocuments(), clock),
    endpoints: crashing(endpoints),
    metrics: crashing({ granularityMs: endpoints.granularityMs, read: endpoints.read }),
    packages: crashing({
      request: async (model: string, version: string) => {
        packageRequests.push(`${model}:${version}`);
        const key = `${model}:${version}`;
        const built = {
          phase: 'built',
          image: `registry.example/${model}@sha256:${version}`,
          servingInput: '{}',
        } as const;
        if (!packageStates.has(key)) packageStates.set(key, built);
      },
      state: async (model: string, version: string) => packageStates.get(`${model}:${version}`),
    }),
    champion: crashing({
      setChampion: async (model: string, version: string) => {
        if (champions.at(-1) !== `${model}:${version}`) champions.push(`${model}:${version}`);
      },
    }),
    leases,
    queues: crashing(queues),
    clock,
    log: silentLogger,
    defaultInstanceType: 'Standard_DS3_v2',
  };
  const outcomes: TickOutcome[] = [];

  const deliver = async (message: AdvanceRolloutMessage): Promise<void> => {
    try {
      outcomes.push(await advanceRollout(services, message));
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      queue.push({ at: world.now + CRASHED_MESSAGE_RETURNS_MS, message });
    }
  };

  return Object.assign(world, {
    services,
    documents,
    endpoints,
    champions,
    packageStates,
    packageRequests,
    queue,
    outcomes,
    points,
    journal: () =>
      documents
        .all()
        .map(({ value }) => value)
        .filter((value): value is JournalEntry => value.kind === 'journal')
        .toSorted((a, b) => a.time.localeCompare(b.time) || revOf(a.id) - revOf(b.id)),
    rollout: async (id: string) => {
      const stored = await documents.read<Rollout>(id.slice(0, id.indexOf('.')), id);
      if (stored === undefined) throw new Error(`no rollout ${id}`);
      return stored.value;
    },
    run: async ({ forMs, done }: { forMs: number; done?: () => boolean | Promise<boolean> }) => {
      const untilAt = world.now + forMs;
      for (;;) {
        if (done !== undefined && (await done())) return;
        queue.sort((a, b) => a.at - b.at);
        const next = queue[0];
        if (next === undefined || next.at > untilAt) break;
        queue.shift();
        world.now = epochMs(Math.max(world.now, next.at));
        await deliver(next.message);
      }
      world.now = epochMs(untilAt);
    },
  });
};

const revOf = (id: string): number => Number(id.split(':')[1] ?? 0);
