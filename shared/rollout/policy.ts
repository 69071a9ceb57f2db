import { SlipwayError } from '../platform/errors.ts';
import { policyProblems } from './policy-rules.ts';
import { policyShape, type RolloutPolicy } from './policy-schema.ts';
import { PRESETS, type PresetName } from './presets.ts';

/** The whole policy, with what must hold between its parts. */
export const policySchema = policyShape.superRefine((policy, context) => {
  for (const { path, message } of policyProblems(policy)) context.addIssue({ code: 'custom', path, message });
});

/**
 * A policy as a person wrote it, complete: `preset` (default `standard`) gives the plan and gates it leaves out.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE listing every problem as `path: reason`
 */
export const parsePolicy = (raw: Readonly<Record<string, unknown>>): RolloutPolicy => {
  const { preset = 'standard', ...rest } = inWordsOfToday(raw);
  if (typeof preset !== 'string' || !Object.hasOwn(PRESETS, preset)) {
    const known = Object.keys(PRESETS).join(', ');
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `preset: must be one of ${known}`);
  }
  const parsed = policySchema.safeParse({ ...PRESETS[preset as PresetName].plan, ...rest });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'policy'}: ${issue.message}`);
  throw new SlipwayError('INVALID_PARAMETER_VALUE', problems.join('; '));
};

/** Policies of releases before say `auto` where a rollout starts at registration. */
const inWordsOfToday = (raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  raw['trigger'] === 'auto' ? { ...raw, trigger: 'registration' } : raw;
