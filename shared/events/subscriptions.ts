import { AZURE_ML } from './azure-ml.ts';
import { EVENT_TYPES, type EventType } from './catalogue.ts';

/** One Event Grid subscription: which events of a topic go to which function. */
export interface Subscription {
  /** Unique over both topics: 3–64 letters, digits and dashes. */
  readonly name: string;
  /** Ours, or the system topic of the Azure ML workspace. */
  readonly topic: 'slipway' | 'machine-learning';
  /** Name of a function with an Event Grid trigger. */
  readonly function: string;
  /** Exact event types. */
  readonly includedEventTypes: readonly string[];
}

interface Route {
  readonly function: string;
  readonly slipway: readonly EventType[];
  readonly machineLearning: readonly string[];
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
  { function: 'notify', slipway: EVENT_TYPES, machineLearning: [] },
];

/** Event Grid allows so many values in a filter: a function that takes more types has several subscriptions. */
const MAX_TYPES = 25;

const chunks = (types: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(types.length / MAX_TYPES) }, (_, at) =>
    types.slice(at * MAX_TYPES, (at + 1) * MAX_TYPES),
  );

/** Our topic takes Azure ML's types too, so that a parked Azure ML event is replayed by publishing it on our topic. */
const toSubscriptions = (route: Route): readonly Subscription[] => [
  ...chunks([...route.slipway, ...route.machineLearning]).map(
    (includedEventTypes, at) =>
      ({
        name: `slipway-${route.function}${at === 0 ? '' : `-${at + 1}`}`,
        topic: 'slipway',
        function: route.function,
        includedEventTypes,
      }) as const,
  ),
  ...(route.machineLearning.length === 0
    ? []
    : [
        {
          name: `machine-learning-${route.function}`,
          topic: 'machine-learning',
          function: route.function,
          includedEventTypes: route.machineLearning,
        } as const,
      ]),
];

/** Every Event Grid subscription, of which Bicep's are generated and the embedded stack's are made. */
export const SUBSCRIPTIONS: readonly Subscription[] = ROUTES.flatMap(toSubscriptions);
