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
  { function: 'notify', slipway: EVENT_TYPES, machineLearning: [] },
];

/** Our topic takes Azure ML's types too, so that a parked Azure ML event is replayed by publishing it on our topic. */
const toSubscriptions = (route: Route): readonly Subscription[] => [
  {
    name: `slipway-${route.function}`,
    topic: 'slipway',
    function: route.function,
    includedEventTypes: [...route.slipway, ...route.machineLearning],
  },
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
