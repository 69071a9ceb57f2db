import { policyShape } from '../../shared/rollout/policy-schema.ts';
import { PRESETS } from '../../shared/rollout/presets.ts';
import { defaultText, type Field, fieldsOf, type JsonSchema, jsonSchema, typeText, variantsOf } from './fields.ts';
import { code, codeBlock, page, table } from './markdown.ts';
import { POLICY_MEANINGS } from './meanings.ts';

const ROOT = jsonSchema(policyShape);
const LISTS = { steps: 'kind', gates: 'type' } as const;

/** Durations that may be absent: the schema alone shows them as text. */
const WITHOUT_DEFAULT: readonly string[] = ['bake', 'hold.yieldAfter'];

const meaningOf = (path: string, { description }: JsonSchema): string => {
  const own = POLICY_MEANINGS[path];
  if (own === undefined && description === undefined)
    throw new Error(`say in meanings.ts what ${path} of a policy means`);
  return own ?? description ?? '';
};

const rows = (fields: readonly Field[], prefix = ''): readonly (readonly string[])[] =>
  fields.map(({ path, required, schema }) => [
    code(path),
    WITHOUT_DEFAULT.includes(path) ? 'duration' : typeText(schema),
    path in LISTS && prefix === '' ? 'of the preset' : required ? 'required' : defaultText(schema),
    meaningOf(`${prefix}${path}`, schema),
  ]);

const HEAD = ['field', 'type', 'default', 'meaning'] as const;

const variantBlocks = (list: keyof typeof LISTS): readonly string[] =>
  variantsOf(ROOT.properties?.[list]?.items ?? {}).flatMap((variant) => {
    const name = String(variant.properties?.[LISTS[list]]?.const);
    return [`### ${code(name)}`, table(HEAD, rows(fieldsOf(variant), `${list}.${name}.`))];
  });

const topFields = (): readonly Field[] =>
  fieldsOf(ROOT).filter(({ path }) => !path.startsWith('steps[]') && !path.startsWith('gates[]'));

/** Every field that a meaning may be given for. */
export const policyPaths = (): readonly string[] => [
  ...topFields().map(({ path }) => path),
  ...(Object.keys(LISTS) as (keyof typeof LISTS)[]).flatMap((list) =>
    variantsOf(ROOT.properties?.[list]?.items ?? {}).flatMap((variant) =>
      fieldsOf(variant).map(({ path }) => `${list}.${String(variant.properties?.[LISTS[list]]?.const)}.${path}`),
    ),
  ),
];

/** `docs/reference/policies.md` */
export const policiesPage = (): string =>
  page('Rollout policies', 'shared/rollout/policy-schema.ts and shared/rollout/presets.ts', [
    'A policy says which model versions go to which endpoint, in which steps, and what takes them back. It is stored with `PUT /api/v1/policies/{name}`; a rollout keeps the policy it began with. How to write one: [Write a policy](../how-to/write-a-policy.md).',
    'Durations are ISO 8601, such as `PT90S`, `PT10M` or `P1D`; years and months are refused. Unknown fields are refused.',
    '## Policy',
    table(HEAD, [
      [
        '`preset`',
        Object.keys(PRESETS).map(code).join(', '),
        '`standard`',
        'Gives `steps`, `gates` and whatever else it says, where the policy does not say it itself. It is not stored.',
      ],
      ...rows(topFields()),
    ]),
    '## Steps',
    'Worked through in order. At most one `smoke` step, before the first `traffic` step. Weights rise; the last step is `traffic` with weight 100. The first rollout of an endpoint has nothing to compare with: it goes from the smoke step straight to 100.',
    ...variantBlocks('steps'),
    '## Gates',
    'All gates judge at every tick while the canary has traffic, also while the rollout is paused. One enforced gate that fails takes the version back at once.',
    ...variantBlocks('gates'),
    '## Presets',
    'Also at `GET /api/v1/policies/presets`.',
    ...Object.entries(PRESETS).flatMap(([name, { summary, plan }]) => [
      `### ${code(name)}`,
      summary,
      codeBlock('json', JSON.stringify(plan, null, 2)),
    ]),
    '## What must hold between the parts',
    [
      '- The alias of `trigger` is not `champion`, which promotion sets.',
      '- A `bake` is at least twice `analysis.interval` and longer than `analysis.ingestionDelay`.',
      '- `analysis.interval` and `analysis.ingestionDelay` are at least what the metrics provider can tell apart (`METRICS_GRANULARITY`: one minute in Azure, one second on the embedded stack).',
      '- `deadline.after` is longer than all bakes with every extension and all approvals together.',
      '- At least one gate is enforced, unless `allowUngated` is true.',
      '- `detectRatio` is above `maxRatio`. A limit for a rate is at most 1.',
      '- No approval before the first traffic step: nothing was observed yet.',
      '- `hold.yieldAfter` is not longer than `hold.duration`.',
    ].join('\n'),
  ]);
