import type { CustomTopic, EventGridEmulatorOptions, SystemTopic } from './options.ts';
import type { EventSchema } from './types.ts';

/** The topics by every ARM id they are known by. */
export interface Topics {
  readonly custom: readonly CustomTopic[];
  readonly system: readonly SystemTopic[];
  /** The topic behind an ARM id in any case: a custom topic, a system topic, or a system topic's source. */
  resolve(armId: string): ResolvedTopic | undefined;
}

export interface ResolvedTopic {
  /** What events and subscriptions carry as their topic: the custom topic's id, or the system topic's source. */
  readonly topicId: string;
  readonly schema: EventSchema;
}

export const createTopics = ({ topics, systemTopics = [] }: EventGridEmulatorOptions): Topics => {
  const byId = new Map<string, ResolvedTopic>([
    ...topics.map(({ id, inputSchema }) => [id.toLowerCase(), { topicId: id, schema: inputSchema }] as const),
    ...systemTopics.flatMap(({ id, source }) => {
      const topic: ResolvedTopic = { topicId: source, schema: 'EventGridSchema' };
      return [[id.toLowerCase(), topic] as const, [source.toLowerCase(), topic] as const];
    }),
  ]);
  return { custom: topics, system: systemTopics, resolve: (armId) => byId.get(armId.toLowerCase()) };
};
