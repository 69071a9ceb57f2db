import type { WebhookEntity, WebhookEvent } from './webhook-event.ts';

const tag = { key: 'example_key', value: 'example_value' };
const tags = { example_key: 'example_value' };
const model = 'example_model';
const prompt = 'example_prompt';
const version = '1';
const alias = 'example_alias';

const CREATED: Readonly<Partial<Record<WebhookEntity, object>>> = {
  registered_model: { name: model, tags, description: 'An example registered model' },
  model_version: {
    name: model,
    version,
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags,
    description: 'An example model version',
  },
  prompt: { name: prompt, tags, description: 'An example prompt' },
  prompt_version: {
    name: prompt,
    version,
    template: 'Hello {{name}}!',
    tags,
    description: 'An example prompt version',
  },
  model_version_alias: { name: model, alias, version },
  prompt_alias: { name: prompt, alias, version },
};

/** The `data` that MLflow sends when a webhook is tested. */
export const examplePayload = ({ entity, action }: WebhookEvent): object => {
  if (action === 'created') return CREATED[entity] ?? {};
  const name = entity.startsWith('prompt') ? prompt : model;
  if (entity.endsWith('_alias')) return { name, alias };
  const tagged = { name, ...(entity === 'prompt_tag' ? {} : { version }) };
  return action === 'set' ? { ...tagged, ...tag } : { ...tagged, key: tag.key };
};
