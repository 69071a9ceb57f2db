import * as z from 'zod';
import { EVENT_SCHEMAS } from './types.ts';

const NUMBER = ['NumberLessThan', 'NumberLessThanOrEquals', 'NumberGreaterThan', 'NumberGreaterThanOrEquals'] as const;

const TEXT = [
  'StringIn',
  'StringNotIn',
  'StringBeginsWith',
  'StringNotBeginsWith',
  'StringEndsWith',
  'StringNotEndsWith',
  'StringContains',
  'StringNotContains',
] as const;

const key = z.string().min(1);

const advancedFilter = z.discriminatedUnion('operatorType', [
  z.object({ operatorType: z.enum(NUMBER), key, value: z.number() }),
  z.object({ operatorType: z.literal('BoolEquals'), key, value: z.boolean() }),
  z.object({ operatorType: z.enum(['NumberIn', 'NumberNotIn']), key, values: z.array(z.number()).min(1) }),
  z.object({
    operatorType: z.enum(['NumberInRange', 'NumberNotInRange']),
    key,
    values: z.array(z.tuple([z.number(), z.number()])).min(1),
  }),
  z.object({ operatorType: z.enum(TEXT), key, values: z.array(z.string().max(512)).min(1) }),
  z.object({ operatorType: z.enum(['IsNullOrUndefined', 'IsNotNull']), key }),
]);

export type AdvancedFilter = z.infer<typeof advancedFilter>;

/** Of filters, and of values over all filters, in one subscription. */
const MAX_FILTERS = 25;

const valueCount = (filter: AdvancedFilter): number => {
  if ('values' in filter) return filter.values.length;
  return 'value' in filter ? 1 : 0;
};

const filterSchema = z.object({
  subjectBeginsWith: z.string().nullish(),
  subjectEndsWith: z.string().nullish(),
  includedEventTypes: z.array(z.string()).nullish(),
  isSubjectCaseSensitive: z.boolean().nullish(),
  enableAdvancedFilteringOnArrays: z.boolean().nullish(),
  advancedFilters: z
    .array(advancedFilter)
    .max(MAX_FILTERS, `at most ${MAX_FILTERS} advanced filters`)
    .refine(
      (filters) => filters.reduce((sum, filter) => sum + valueCount(filter), 0) <= MAX_FILTERS,
      `at most ${MAX_FILTERS} values over all advanced filters`,
    )
    .nullish(),
});

export type SubscriptionFilter = z.infer<typeof filterSchema>;

const MAX_ATTRIBUTE_BYTES = 4096;

const deliveryAttribute = z.discriminatedUnion('type', [
  z.object({
    name: z.string().min(1),
    type: z.literal('Static'),
    properties: z.object({
      value: z.string().refine((value) => Buffer.byteLength(value) <= MAX_ATTRIBUTE_BYTES, 'at most 4096 bytes'),
      isSecret: z.boolean().optional(),
    }),
  }),
  z.object({
    name: z.string().min(1),
    type: z.literal('Dynamic'),
    properties: z.object({ sourceField: z.string().min(1) }),
  }),
]);

export type DeliveryAttribute = z.infer<typeof deliveryAttribute>;

const batching = {
  maxEventsPerBatch: z.int().min(1).max(5000).nullish(),
  preferredBatchSizeInKilobytes: z.int().min(1).max(1024).nullish(),
  deliveryAttributeMappings: z.array(deliveryAttribute).max(10).nullish(),
};

const destination = z.discriminatedUnion('endpointType', [
  z.object({
    endpointType: z.literal('WebHook'),
    properties: z.object({ endpointUrl: z.url({ protocol: /^https?$/ }), ...batching }),
  }),
  z.object({
    endpointType: z.literal('AzureFunction'),
    properties: z.object({ resourceId: z.string().regex(/\/sites\/[^/]+\/functions\/[^/]+$/i), ...batching }),
  }),
]);

export type Destination = z.infer<typeof destination>;

const deadLetterDestination = z.object({
  endpointType: z.literal('StorageBlob'),
  properties: z.object({ resourceId: z.string(), blobContainerName: z.string().min(3) }),
});

/** `properties` of an event subscription, api-version 2022-06-15, as far as the emulator acts on them. */
export const subscriptionProperties = z.object({
  destination,
  eventDeliverySchema: z.enum(EVENT_SCHEMAS).default('EventGridSchema'),
  filter: filterSchema.default({}),
  retryPolicy: z
    .object({
      maxDeliveryAttempts: z.int().min(1).max(30).default(30),
      eventTimeToLiveInMinutes: z.int().min(1).max(1440).default(1440),
    })
    .default({ maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }),
  deadLetterDestination: deadLetterDestination.nullish(),
  deadLetterWithResourceIdentity: z.object({ deadLetterDestination }).nullish(),
  expirationTimeUtc: z.iso.datetime({ offset: true }).nullish(),
  labels: z.array(z.string()).nullish(),
});

export type SubscriptionProperties = z.infer<typeof subscriptionProperties>;
