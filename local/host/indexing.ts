import type { Registration } from './core-api.ts';
import type { Binding, FunctionCallback, FunctionMetadata } from './core-types.ts';
import { isDisabled, resolveSettings, type Settings } from './settings.ts';

const TRIGGERS = ['httpTrigger', 'eventGridTrigger', 'queueTrigger', 'timerTrigger', 'cosmosDBTrigger'] as const;

type TriggerType = (typeof TRIGGERS)[number];

/** A function that the host runs. */
export interface HostFunction {
  readonly name: string;
  /** As registered: the library looks its own binding names up in it. */
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
  readonly trigger: TriggerType;
  /** The key of the trigger in `metadata.bindings`. */
  readonly triggerName: string;
  /** The trigger's options with every `%SETTING%` replaced. */
  readonly options: Binding;
}

export type IndexedFunction =
  | { readonly state: 'ready'; readonly fn: HostFunction }
  | { readonly state: 'disabled'; readonly name: string; readonly trigger: string }
  | { readonly state: 'refused'; readonly name: string; readonly trigger: string; readonly reason: string };

/** Sorts what an app has registered into what runs, what is switched off and what this host cannot or must not run. */
export const indexFunctions = (registrations: Iterable<Registration>, settings: Settings): IndexedFunction[] =>
  [...registrations].map((registration) => indexFunction(registration, settings));

const indexFunction = ({ metadata, callback }: Registration, settings: Settings): IndexedFunction => {
  const { name, bindings } = metadata;
  const entries = Object.entries(bindings);
  const [triggerName, trigger] = entries.find(([, binding]) => /trigger$/i.test(binding.type)) ?? ['', undefined];
  if (isDisabled(name, settings)) return { state: 'disabled', name, trigger: trigger?.type ?? 'unknown' };
  const refuse = (reason: string): IndexedFunction => ({
    state: 'refused',
    name,
    trigger: trigger?.type ?? 'unknown',
    reason,
  });
  if (trigger === undefined) return refuse('it has no trigger');
  const type = TRIGGERS.find((known) => known.toLowerCase() === trigger.type.toLowerCase());
  if (type === undefined) return refuse(`binding type '${trigger.type}' is not served by this host`);
  const other = entries.find(([key, binding]) => key !== triggerName && !isServedOutput(type, key, binding));
  if (other) return refuse(`binding type '${other[1].type}' (${other[1].direction}) is not served by this host`);
  try {
    const options = resolveSettings(trigger, settings);
    return { state: 'ready', fn: { name, metadata, callback, trigger: type, triggerName, options } };
  } catch (error) {
    return refuse((error as Error).message);
  }
};

const isServedOutput = (trigger: TriggerType, key: string, binding: Binding): boolean =>
  trigger === 'httpTrigger' && key === '$return' && binding.type.toLowerCase() === 'http';
