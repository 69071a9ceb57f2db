import type * as z from 'zod';
import { eventDataSchema } from '../../events/catalogue.ts';
import type { ReceivedEvent } from '../../events/envelope.ts';
import type { WebhookEvent } from './webhook-event.ts';

type Tags = Readonly<Record<string, string>>;

/** An event of the registry as MLflow's webhooks tell it. */
export interface RegistryNews {
  readonly event: WebhookEvent;
  readonly model: string;
  readonly version?: string;
  /** Whether the event left out what is large, so that `data` wants the tags that the registry has. */
  readonly abridged: boolean;
  /** `data` of the payload. `known` are the tags of the model or version as they are now; what the event says counts. */
  data(known: Tags): Readonly<Record<string, unknown>>;
}

const registered = eventDataSchema('slipway.model.registered');
const changed = eventDataSchema('slipway.model.changed');
type Changed = z.output<typeof changed>;

/** Undefined for events that no webhook of MLflow's is told of: MLflow has no word for them. */
export const newsOf = ({ type, data }: Pick<ReceivedEvent, 'type' | 'data'>): RegistryNews | undefined => {
  if (type === 'slipway.model.registered') return newVersion(registered.parse(data));
  if (type === 'slipway.model.changed') return change(changed.parse(data));
  return undefined;
};

const newVersion = (event: z.output<typeof registered>): RegistryNews => ({
  ...about(event),
  event: { entity: 'model_version', action: 'created' },
  data: (known) => ({
    name: event.name,
    version: event.version,
    source: event.source,
    run_id: event.runId ?? null,
    tags: { ...known, ...event.tags },
    description: event.description ?? null,
  }),
});

const about = ({ name, version, abridged = false }: Pick<Changed, 'name' | 'version' | 'abridged'>) => ({
  model: name,
  ...(version === undefined ? {} : { version }),
  abridged,
});

const change = (event: Changed): RegistryNews | undefined => {
  switch (event.change) {
    case 'created':
      return event.version === undefined ? newModel(event) : newPromptVersion(event, event.version);
    case 'tag-set':
    case 'tag-deleted':
      return tagChange(event);
    case 'alias-set':
    case 'alias-deleted':
      return aliasChange(event);
    default:
      return undefined;
  }
};

/** Tags by which MLflow tells prompts from models: they are no news to anybody. */
const IS_PROMPT = 'mlflow.prompt.is_prompt';
const PROMPT_TYPE = '_mlflow_prompt_type';
const PROMPT_TEXT = 'mlflow.prompt.text';

const without = (tags: Tags, ...keys: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

const newModel = (event: Changed): RegistryNews => ({
  ...about(event),
  event: { entity: event.prompt === true ? 'prompt' : 'registered_model', action: 'created' },
  data: (known) => {
    const tags = { ...known, ...event.tags };
    return {
      name: event.name,
      tags: event.prompt === true ? without(tags, IS_PROMPT, PROMPT_TYPE) : tags,
      description: event.description ?? '',
    };
  },
});

/** Only prompts: the version of a model is told of as registered. */
const newPromptVersion = (event: Changed, version: string): RegistryNews => ({
  ...about(event),
  event: { entity: 'prompt_version', action: 'created' },
  data: (known) => {
    const tags = { ...known, ...event.tags };
    return {
      name: event.name,
      version,
      template: tags[PROMPT_TEXT] ?? null,
      tags: without(tags, IS_PROMPT, PROMPT_TYPE, PROMPT_TEXT),
      description: event.description ?? null,
    };
  },
});

/** MLflow tells of the tags of a prompt, but not of those of a registered model. */
const tagChange = (event: Changed): RegistryNews | undefined => {
  const { name, version, key = '', prompt = false } = event;
  const action = event.change === 'tag-set' ? 'set' : 'deleted';
  const common = { name, ...(version === undefined ? {} : { version }), key };
  if (version === undefined && !prompt) return undefined;
  const entity = version === undefined ? 'prompt_tag' : prompt ? 'prompt_version_tag' : 'model_version_tag';
  return {
    ...about(event),
    event: { entity, action },
    // Too large for the event, and gone since: a later event says so.
    data: (known) => (action === 'set' ? { ...common, value: event.value ?? known[key] ?? '' } : common),
  };
};

const aliasChange = (event: Changed): RegistryNews => {
  const { name, version, key: alias = '', prompt = false } = event;
  const action = event.change === 'alias-set' ? 'created' : 'deleted';
  return {
    ...about(event),
    event: { entity: prompt ? 'prompt_alias' : 'model_version_alias', action },
    data: () => (action === 'created' ? { name, alias, version } : { name, alias }),
  };
};
