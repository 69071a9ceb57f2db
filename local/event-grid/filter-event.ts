import type { AdvancedFilter, SubscriptionFilter } from './subscription-schema.ts';
import type { AcceptedEvent, RawEvent } from './types.ts';

/**
 * Whether a subscription wants the event. Keys are those of the schema the event was published in.
 *
 * @see https://learn.microsoft.com/azure/event-grid/event-filtering
 */
export const wantsEvent = (filter: SubscriptionFilter, { event, schema }: AcceptedEvent): boolean => {
  const type = event[schema === 'EventGridSchema' ? 'eventType' : 'type'];
  const types = filter.includedEventTypes ?? undefined;
  if (types !== undefined && !types.includes(String(type))) return false;
  if (!subjectMatches(filter, String(event['subject'] ?? ''))) return false;
  const onArrays = filter.enableAdvancedFilteringOnArrays ?? false;
  return (filter.advancedFilters ?? []).every((one) => matches(one, valueAt(event, one.key), onArrays));
};

const subjectMatches = (filter: SubscriptionFilter, subject: string): boolean => {
  const fold = (text: string): string => (filter.isSubjectCaseSensitive ? text : text.toLowerCase());
  const folded = fold(subject);
  return folded.startsWith(fold(filter.subjectBeginsWith ?? '')) && folded.endsWith(fold(filter.subjectEndsWith ?? ''));
};

/** What a dotted key points at. A dot always nests, so a property whose name has one is out of reach. */
export const valueAt = (event: RawEvent, key: string): unknown =>
  key.split('.').reduce<unknown>((at, name) => property(at, name), event);

// Azure ML's documented filters say data.RunTags where its events say runTags, so case gives way when it must.
const property = (of: unknown, name: string): unknown => {
  if (typeof of !== 'object' || of === null || Array.isArray(of)) return undefined;
  const entry =
    Object.entries(of).find(([own]) => own === name) ??
    Object.entries(of).find(([own]) => own.toLowerCase() === name.toLowerCase());
  return entry?.[1];
};

type Test = (value: unknown) => boolean;

const matches = (filter: AdvancedFilter, value: unknown, onArrays: boolean): boolean => {
  switch (filter.operatorType) {
    case 'IsNullOrUndefined':
      return value === undefined || value === null;
    case 'IsNotNull':
      return value !== undefined && value !== null;
    case 'BoolEquals':
      return any(candidates(value, 'boolean', onArrays), (one) => one === filter.value);
    case 'NumberLessThan':
      return any(numbers(value, onArrays), (one) => (one as number) < filter.value);
    case 'NumberLessThanOrEquals':
      return any(numbers(value, onArrays), (one) => (one as number) <= filter.value);
    case 'NumberGreaterThan':
      return any(numbers(value, onArrays), (one) => (one as number) > filter.value);
    case 'NumberGreaterThanOrEquals':
      return any(numbers(value, onArrays), (one) => (one as number) >= filter.value);
    case 'NumberIn':
      return any(numbers(value, onArrays), isOneOf(filter.values));
    case 'NumberNotIn':
      return none(numbers(value, onArrays), isOneOf(filter.values), true);
    case 'NumberInRange':
      return any(numbers(value, onArrays), isInRange(filter.values));
    // The documentation is silent about a missing key here; it follows NumberNotIn.
    case 'NumberNotInRange':
      return none(numbers(value, onArrays), isInRange(filter.values), true);
    default:
      return matchesText(filter, candidates(value, 'string', onArrays));
  }
};

type TextFilter = Extract<AdvancedFilter, { operatorType: `String${string}` }>;

const matchesText = ({ operatorType, values }: TextFilter, texts: readonly unknown[]): boolean => {
  const test = textTest(operatorType, values);
  return operatorType.startsWith('StringNot') ? none(texts, test, operatorType === 'StringNotIn') : any(texts, test);
};

const textTest = (operatorType: TextFilter['operatorType'], values: readonly string[]): Test => {
  const folded = values.map((value) => value.toLowerCase());
  const some =
    (relation: (text: string, value: string) => boolean): Test =>
    (text) =>
      folded.some((value) => relation(String(text).toLowerCase(), value));
  if (operatorType.endsWith('BeginsWith')) return some((text, value) => text.startsWith(value));
  if (operatorType.endsWith('EndsWith')) return some((text, value) => text.endsWith(value));
  if (operatorType.endsWith('Contains')) return some((text, value) => text.includes(value));
  return some((text, value) => text === value);
};

const isOneOf =
  (values: readonly number[]): Test =>
  (one) =>
    values.includes(one as number);

const isInRange =
  (ranges: readonly (readonly [number, number])[]): Test =>
  (one) =>
    ranges.some(([low, high]) => (one as number) >= low && (one as number) <= high);

const any = (candidates: readonly unknown[], test: Test): boolean => candidates.some(test);

const none = (candidates: readonly unknown[], test: Test, whenMissing: boolean): boolean =>
  candidates.length === 0 ? whenMissing : !candidates.some(test);

const numbers = (value: unknown, onArrays: boolean): readonly unknown[] => candidates(value, 'number', onArrays);

/** The values to compare: the value itself, or an array's elements, without those of another type. */
const candidates = (value: unknown, type: string, onArrays: boolean): readonly unknown[] => {
  const all = Array.isArray(value) ? (onArrays ? (value as unknown[]) : []) : [value];
  return all.filter((one) => typeof one === type);
};
