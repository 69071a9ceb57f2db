import * as z from 'zod';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute, type RequestContext } from '../../../shared/platform/http/route.ts';
import { parsePolicy, policySchema } from '../../../shared/rollout/policy.ts';
import { capabilityProblems } from '../../../shared/rollout/policy-rules.ts';
import type { RolloutPolicy } from '../../../shared/rollout/policy-schema.ts';
import { noSuchPolicy, type Precondition, type StoredPolicy } from '../../../shared/rollout/policy-store.ts';
import { PRESETS } from '../../../shared/rollout/presets.ts';
import type { RolloutServices } from '../../../shared/rollout/services.ts';

export type PolicyApiServices = Pick<RolloutServices, 'policies' | 'metrics'>;

const route = defineRoute<PolicyApiServices>();
const common = { dialect: 'slipway' } as const;
const byName = z.object({ name: z.string().min(1).max(63) });
/** The path of the presets. */
const RESERVED_NAME = 'presets';

const body = z
  .record(z.string(), z.unknown())
  .describe('A policy; `preset` (fast, standard, careful) gives what it leaves out. See the answer for all fields.');

const tagged = ({ policy, rev }: StoredPolicy) => ({ headers: { ETag: `"${rev}"` }, json: policy });

const preconditionOf = ({ ifMatch, ifNoneMatch }: RequestContext): Precondition => {
  if (ifNoneMatch === '*') return { ifAbsent: true };
  return ifMatch === undefined ? undefined : { ifRev: Number(ifMatch) };
};

/** The policy of the body under the name of the path, with every problem listed. */
const read = (name: string, raw: Readonly<Record<string, unknown>>, granularityMs: number): RolloutPolicy => {
  if (raw['name'] !== undefined && raw['name'] !== name) {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `name: the body says '${String(raw['name'])}', the path '${name}'`,
    );
  }
  if (name === RESERVED_NAME) throw new SlipwayError('INVALID_PARAMETER_VALUE', `name: '${name}' is reserved`);
  const policy = parsePolicy({ ...raw, name });
  const problems = capabilityProblems(policy, granularityMs);
  if (problems.length === 0) return policy;
  const text = problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new SlipwayError('INVALID_PARAMETER_VALUE', text);
};

const list = route({
  ...common,
  name: 'api-policies-list',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/policies',
  summary: 'Rollout policies, by name.',
  output: z.object({ items: z.array(policySchema) }),
  handle: async (_, { policies }) => ({ json: { items: (await policies.list()).map(({ policy }) => policy) } }),
});

const presets = route({
  ...common,
  name: 'api-policies-presets',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/policies/presets',
  summary: 'Plans to begin a policy from.',
  output: z.object({
    items: z.array(z.object({ name: z.string(), summary: z.string(), plan: z.record(z.string(), z.unknown()) })),
  }),
  handle: async () => ({
    json: { items: Object.entries(PRESETS).map(([name, { summary, plan }]) => ({ name, summary, plan })) },
  }),
});

const get = route({
  ...common,
  name: 'api-policies-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/policies/{name}',
  summary: 'One rollout policy.',
  params: byName,
  output: policySchema,
  async handle({ params: { name } }, { policies }) {
    const stored = await policies.get(name);
    if (stored === undefined) throw noSuchPolicy(name);
    return tagged(stored);
  },
});

const put = route({
  ...common,
  name: 'api-policies-put',
  method: 'PUT',
  access: 'operator',
  models: 'all',
  path: 'api/v1/policies/{name}',
  summary: 'Create or replace a policy. Rollouts under way keep the one they began with.',
  params: byName,
  body,
  output: policySchema,
  async handle({ params, body: raw }, { policies, metrics }, context) {
    const policy = read(params.name, raw, metrics.granularityMs);
    const stored = await policies.put(policy, preconditionOf(context));
    return { ...tagged(stored), status: stored.created ? 201 : 200 };
  },
});

const remove = route({
  ...common,
  name: 'api-policies-delete',
  method: 'DELETE',
  access: 'operator',
  models: 'all',
  path: 'api/v1/policies/{name}',
  summary: 'Delete a policy. Rollouts under way keep it.',
  params: byName,
  async handle({ params: { name } }, { policies }, { ifMatch }) {
    await policies.delete(name, ifMatch === undefined ? undefined : Number(ifMatch));
    return { status: 204 };
  },
});

export const policyRoutes = [list, presets, get, put, remove];
