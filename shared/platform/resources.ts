/**
 * Every stateful resource by name: the embedded stack creates from it, and a test holds the Bicep files against it.
 */

export interface ContainerDefinition {
  /** The one path of the partition key. */
  readonly partitionKey: '/partition' | '/id';
  /** Seconds; -1 turns expiry on without a default, so a document's own `ttl` counts. Absent: never expires. */
  readonly defaultTtl?: number;
  /** Whether journal entries and wake-ups are written here, and so relayed. */
  readonly journaled: boolean;
}

export const DATABASE = 'slipway';

export const CONTAINERS = {
  registry: { partitionKey: '/partition', journaled: true },
  tracking: { partitionKey: '/partition', journaled: true },
  endpoints: { partitionKey: '/partition', journaled: true },
  monitors: { partitionKey: '/partition', journaled: true },
  settings: { partitionKey: '/partition', journaled: true },
  deliveries: { partitionKey: '/partition', defaultTtl: 90 * 86_400, journaled: true },
  leases: { partitionKey: '/id', journaled: false },
} as const satisfies Record<string, ContainerDefinition>;

export type ContainerName = keyof typeof CONTAINERS;

/** Work queues; each has a `<name>-poison` beside it. */
export const QUEUES = ['build-package', 'build-environment', 'advance-rollout', 'deliver-notification'] as const;

export type QueueName = (typeof QUEUES)[number];

/** The queue that takes what failed `maxDequeueCount` times. */
export const poisonQueue = (queue: QueueName): string => `${queue}-poison`;

export const BLOB_CONTAINERS = ['artifacts', 'images', 'dead-letters', 'locks'] as const;

export type BlobContainerName = (typeof BLOB_CONTAINERS)[number];
