import { SlipwayError } from '../../platform/errors.ts';

/** What MLflow's webhooks tell of, in its words: entities, and what may happen to each. */
export const WEBHOOK_ACTIONS = {
  model_version: ['created'],
  model_version_alias: ['created', 'deleted'],
  model_version_tag: ['deleted', 'set'],
  prompt: ['created'],
  prompt_alias: ['created', 'deleted'],
  prompt_tag: ['deleted', 'set'],
  prompt_version: ['created'],
  prompt_version_tag: ['deleted', 'set'],
  registered_model: ['created'],
} as const;

export type WebhookEntity = keyof typeof WEBHOOK_ACTIONS;
export type WebhookAction = (typeof WEBHOOK_ACTIONS)[WebhookEntity][number];

export interface WebhookEvent {
  readonly entity: WebhookEntity;
  readonly action: WebhookAction;
}

/** The event as one word, such as `model_version.created`. */
export const nameOf = ({ entity, action }: WebhookEvent): string => `${entity}.${action}`;

/**
 * An event of these two words, as MLflow's clients send them in capitals.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for an unknown entity, and for an action that its entity does not have
 */
export const parseWebhookEvent = (entity: string, action: string): WebhookEvent => {
  const [known, wanted] = [entity.toLowerCase(), action.toLowerCase()];
  if (!isEntity(known) || entity !== entity.toUpperCase()) {
    const all = Object.keys(WEBHOOK_ACTIONS).map((name) => name.toUpperCase());
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `Invalid webhook entity '${entity}'. Valid entities are: ${all.join(', ')}`,
    );
  }
  const found = WEBHOOK_ACTIONS[known].find((one) => one === wanted);
  if (found === undefined || action !== action.toUpperCase()) {
    const valid = WEBHOOK_ACTIONS[known].map((one) => `'${one}'`).join(', ');
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `Invalid action '${wanted}' for entity '${known}'. Valid actions are: [${valid}]`,
    );
  }
  return { entity: known, action: found };
};

const isEntity = (text: string): text is WebhookEntity => Object.hasOwn(WEBHOOK_ACTIONS, text);

/** Each event once, by entity and action: the order in which MLflow shows them, and takes the first for a test. */
export const sortedEvents = (events: readonly WebhookEvent[]): readonly WebhookEvent[] => {
  const byName = new Map(events.map((event) => [nameOf(event), event]));
  return [...byName.keys()].sort().flatMap((name) => byName.get(name) ?? []);
};
