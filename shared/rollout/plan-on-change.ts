import type { EventData } from '../events/catalogue.ts';
import { SlipwayError } from '../platform/errors.ts';
import type { Cause } from '../platform/journal.ts';
import type { ModelDocument, VersionDocument } from '../registry/model.ts';
import { isPrompt } from '../registry/prompt.ts';
import type { RegistryServices } from '../registry/services.ts';
import { type PlanOutcome, planRollout } from './plan-rollout.ts';
import { type Occasion, triggerText } from './select-policy.ts';
import type { RolloutServices } from './services.ts';

type Changed = EventData<'slipway.model.changed'>;

/**
 * Starts what the policies ask for when a version came to a stage or got an alias; other changes start nothing.
 *
 * Events come late and out of order, so the registry is asked what became of the change: an alias or a stage that has
 * moved on since starts nothing, and a model that was renamed meanwhile is rolled out under its new name.
 *
 * @throws SlipwayError TEMPORARILY_UNAVAILABLE while the registry still shows less than the event tells of; INVALID_STATE
 * when several policies match, or the policy asks what the platform cannot do
 */
export const planOnChange = async (
  services: RolloutServices & Pick<RegistryServices, 'registry'>,
  changed: Changed,
  cause: Cause,
): Promise<PlanOutcome> => {
  const on = occasionOf(changed);
  if (on === undefined || changed.version === undefined) return { kind: 'none', reason: 'the change starts nothing' };
  const found = await standing(services.registry, changed, on);
  if ('reason' in found) {
    const { name: model, version } = changed;
    services.log.info({ model, version, on: triggerText(on), reason: found.reason }, 'no rollout planned');
    return { kind: 'none', reason: found.reason };
  }
  const { model, version } = found;
  const tags = Object.fromEntries(version.tags.map(({ key, value }) => [key, value]));
  return planRollout(services, { model: model.name, version: String(version.version), tags, on }, cause);
};

/** Archived and None are no wish to serve a version, so no policy can ask for them. */
const occasionOf = ({ change, key, value }: Changed): Occasion | undefined => {
  if (change === 'alias-set' && key !== undefined) return { alias: key };
  if (change === 'stage-transitioned' && (value === 'Staging' || value === 'Production')) return { stage: value };
  return undefined;
};

type Standing = { readonly model: ModelDocument; readonly version: VersionDocument } | { readonly reason: string };

/** The version with the alias or the stage that it was given, or what became of it. */
const standing = async (
  registry: RegistryServices['registry'],
  { modelId, revision, ...changed }: Changed,
  on: Occasion,
): Promise<Standing> => {
  if (modelId === undefined || revision === undefined) return { reason: 'the event is of a release before' };
  const number = Number(changed.version);
  const [model, version] = await Promise.all([registry.readModel(modelId), registry.readVersion(modelId, number)]);
  if (model?.value.kind === 'deleted-model') return { reason: 'the model was deleted since' };
  if (model === undefined || version === undefined) throw notYet(changed);
  if (version.value.kind === 'deleted-version') return { reason: 'the version was deleted since' };
  if (isPrompt(model.value.tags) || isPrompt(version.value.tags)) return { reason: 'a prompt is not served' };
  if ((hasAlias(on) ? model.value : version.value).revision < revision) throw notYet(changed);
  const holds = hasAlias(on)
    ? model.value.aliases.some(({ alias, version: pointed }) => alias === on.alias && pointed === number)
    : typeof on === 'object' && version.value.stage === on.stage;
  return holds ? { model: model.value, version: version.value } : { reason: `${triggerText(on)} has moved on since` };
};

const hasAlias = (on: Occasion): on is { readonly alias: string } => typeof on === 'object' && 'alias' in on;

/** A replica that lags behind the one the event came from: soon it will not. */
const notYet = ({ name, version }: Pick<Changed, 'name' | 'version'>): SlipwayError =>
  new SlipwayError('TEMPORARILY_UNAVAILABLE', `the registry does not show this change of ${name} ${version} yet`);
