import * as z from 'zod';
import type { EventData } from '../../events/catalogue.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { type OriginDialect, originVersion } from './origin-server.ts';

/** What a webhook says has changed on its server. */
export type Notice = Omit<EventData<'slipway.origin.changed'>, 'origin'>;

/** A delivery that asks for nothing here, with the reason. */
export interface Ignored {
  readonly ignored: string;
}

const text = z.string();
const subject = z.object({ name: text.min(1), version: originVersion });

const mlflowBody = z.object({ entity: text, action: text, data: z.unknown() });

const created = subject.extend({
  source: text,
  run_id: text.nullish(),
  description: text.nullish(),
  tags: z.record(text, text).nullish(),
});
const tagged = subject.extend({ key: text.min(1) });
const aliased = z.object({ name: text.min(1), alias: text.min(1) });

const databricksBody = z.object({ event: text });
const databricksTagged = z.object({ tags: z.array(z.object({ key: text.min(1) })).min(1) });
const databricksSubject = z.object({ model_name: text.min(1), version: originVersion });

/**
 * What a delivery says, in the words of either dialect. Fields that are not known are left out.
 *
 * @throws SlipwayError BAD_REQUEST for what is no JSON; INVALID_PARAMETER_VALUE naming what is wrong
 */
export const readNotice = (dialect: OriginDialect, body: Buffer): Notice | Ignored => {
  const json = parseJson(body);
  return dialect === 'mlflow' ? mlflowNotice(json) : databricksNotice(json);
};

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new SlipwayError('BAD_REQUEST', `the body is not JSON: ${(cause as Error).message}`, { cause });
  }
};

const EXAMPLES: readonly unknown[] = ['models:/123', 'example_alias', 'example_key'];

/** What MLflow sends when somebody tests a webhook: signed as all else, but of nothing that there is. */
const isExample = (data: unknown): boolean => {
  const { name, source, alias, key } = (data ?? {}) as Readonly<Record<string, unknown>>;
  return name === 'example_model' && [source, alias, key].some((value) => EXAMPLES.includes(value));
};

const mlflowNotice = (json: unknown): Notice | Ignored => {
  const { entity, action, data } = mlflowBody.parse(json);
  if (isExample(data)) return { ignored: 'the example that MLflow sends to test a webhook; its signature is right' };
  switch (`${entity}.${action}`) {
    case 'model_version.created': {
      const { name, version, source, run_id: runId, description, tags } = created.parse(data);
      const told = { source, runId: runId ?? '', description: description ?? '', tags: tags ?? {} };
      return { change: 'version-created', name, version, told };
    }
    case 'model_version_tag.set':
    case 'model_version_tag.deleted': {
      const { name, version, key } = tagged.parse(data);
      return { change: 'tags-changed', name, version, keys: [key] };
    }
    case 'model_version_alias.created':
    case 'model_version_alias.deleted':
      return aliasNotice(aliased.parse(data));
    default:
      return { ignored: `nothing is mirrored of '${entity}.${action}'` };
  }
};

const aliasNotice = ({ name, alias }: z.output<typeof aliased>): Notice | Ignored =>
  alias === 'champion'
    ? { ignored: "the alias 'champion' is moved by rollouts here" }
    : { change: 'alias-changed', name, alias };

const databricksNotice = (json: unknown): Notice | Ignored => {
  const { event } = databricksBody.parse(json);
  const about = () => {
    const { model_name: name, version } = databricksSubject.parse(json);
    return { name, version };
  };
  switch (event) {
    case 'MODEL_VERSION_CREATED':
      return { change: 'version-created', ...about() };
    case 'MODEL_VERSION_TAG_SET':
      return { change: 'tags-changed', ...about(), keys: databricksTagged.parse(json).tags.map(({ key }) => key) };
    case 'MODEL_VERSION_TRANSITIONED_STAGE':
    case 'MODEL_VERSION_TRANSITIONED_TO_STAGING':
    case 'MODEL_VERSION_TRANSITIONED_TO_PRODUCTION':
    case 'MODEL_VERSION_TRANSITIONED_TO_ARCHIVED':
      return { change: 'stage-changed', ...about() };
    default:
      return { ignored: `nothing is mirrored of '${event}'` };
  }
};
