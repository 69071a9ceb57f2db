import { AZURE_ML } from './azure-ml.ts';
import { EVENT_TYPES, type EventType } from './catalogue.ts';
import { CONTAINER_REGISTRY } from './container-registry.ts';

/** Azure services whose events come over a system topic of their own. */
type SystemTopic = 'machine-learning' | 'container-registry';

/** One Event Grid subscription: which events of a topic go to which function. */
export interface Subscription {
  /** Unique over all topics: 3–64 letters, digits and dashes. */
  readonly name: string;
  /** Ours, or the system topic of the Azure ML workspace or of the registry. */
  readonly topic: 'slipway' | SystemTopic;
  /** Name of a function with an Event Grid trigger. */
  readonly function: string;
  /** Exact event types. */
  readonly includedEventTypes: readonly string[];
}

interface Route {
  readonly function: string;
  readonly slipway: readonly EventType[];
  readonly machineLearning: readonly string[];
  readonly containerRegistry?: readonly string[];
}

const ROUTES: readonly Route[] = [
  {
    function: 'model-registered',
    slipway: ['slipway.model.registered'],
    machineLearning: [AZURE_ML.modelRegistered],
  },
  { function: 'model-changed', slipway: ['slipway.model.changed'], machineLearning: [] },
  { function: 'deployment-changed', slipway: [], machineLearning: [AZURE_ML.modelDeployed] },
  {
    function: 'drift-detected',
    slipway: ['slipway.drift.detected'],
    machineLearning: [AZURE_ML.datasetDriftDetected],
  },
  {
    function: 'run-completed',
    slipway: [],
    machineLearning: [AZURE_ML.runCompleted, AZURE_ML.runStatusChanged],
  },
  { function: 'origin-changed', slipway: ['slipway.origin.changed'], machineLearning: [] },
  {
    function: 'image-pushed',
    slipway: [],
    machineLearning: [],
    containerRegistry: [CONTAINER_REGISTRY.imagePushed],
  },
  { function: 'notify', slipway: EVENT_TYPES, machineLearning: [] },
];

/** Event Grid allows so many values in a filter: a function that takes more types has several subscriptions. */
const MAX_TYPES = 25;

const chunks = (types: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(types.length / MAX_TYPES) }, (_, at) =>
    types.slice(at * MAX_TYPES, (at + 1) * MAX_TYPES),
  );

/** Our topic takes the types of system topics too, so that a parked one is replayed by publishing it on our topic. */
const toSubscriptions = (route: Route): readonly Subscription[] => [
  ...chunks([...route.slipway, ...route.machineLearning, ...(route.containerRegistry ?? [])]).map(
    (includedEventTypes, at) =>
      ({
        name: `slipway-${route.function}${at === 0 ? '' : `-${at + 1}`}`,
        topic: 'slipway',
        function: route.function,
        includedEventTypes,
      }) as const,
  ),
  ...onSystemTopic('machine-learning', route.function, route.machineLearning),
  ...onSystemTopic('container-registry', route.function, route.containerRegistry ?? []),
];

const onSystemTopic = (
  topic: SystemTopic,
  target: string,
  includedEventTypes: readonly string[],
): readonly Subscription[] =>
  includedEventTypes.length === 0 ? [] : [{ name: `${topic}-${target}`, topic, function: target, includedEventTypes }];

/** Every Event Grid subscription, of which Bicep's are generated and the embedded stack's are made. */
export const SUBSCRIPTIONS: readonly Subscription[] = ROUTES.flatMap(toSubscriptions);
