import type { EventType } from '../events/catalogue.ts';
import { type AlertRule, SEVERITIES, type Severity } from './alert-rule.ts';

export interface NotableEvent {
  readonly type: string;
  readonly subject: string;
}

/** How much an event matters to people. */
const SEVERITY_OF: ReadonlyMap<string, Severity> = new Map<EventType, Severity>([
  ['slipway.package.refused', 'warn'],
  ['slipway.rollout.paused', 'warn'],
  ['slipway.rollout.rolled-back', 'error'],
  ['slipway.rollout.failed', 'error'],
  ['slipway.deployment.failed', 'error'],
  ['slipway.drift.detected', 'warn'],
  ['slipway.run.failed', 'warn'],
  ['slipway.notification.failed', 'error'],
  ['slipway.access.refused', 'warn'],
]);

/** `info` unless the event says that something needs a look (`warn`) or went wrong (`error`). */
export const severityOf = (type: string): Severity => SEVERITY_OF.get(type) ?? 'info';

const typeMatches = (pattern: string, type: string): boolean =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;

const isAtLeast = (severity: Severity, minimum: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(minimum);

/** True when the rule is on and the event's type, subject and severity are all within it. */
export const ruleMatches = (rule: AlertRule, event: NotableEvent): boolean =>
  rule.enabled &&
  rule.eventTypes.some((pattern) => typeMatches(pattern, event.type)) &&
  event.subject.startsWith(rule.subjectPrefix ?? '') &&
  isAtLeast(severityOf(event.type), rule.minSeverity);

/** Each channel once per event, named by the first rule that asks for it, so that two rules do not tell it twice. */
export const channelsFor = (
  rules: readonly AlertRule[],
  event: NotableEvent,
): readonly { readonly rule: string; readonly channel: string }[] => {
  const told = new Map<string, string>();
  for (const rule of rules.filter((candidate) => ruleMatches(candidate, event))) {
    for (const channel of rule.channels) if (!told.has(channel)) told.set(channel, rule.name);
  }
  return [...told].map(([channel, rule]) => ({ rule, channel }));
};
