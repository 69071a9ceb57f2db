import type { ModelFile } from '../files/model-files.ts';
import { totalBytes } from './check-listing.ts';
import type { Heads } from './code-risk.ts';
import { type BuilderTraits, describeEnvironment } from './describe-environment.ts';
import { describeRisk } from './describe-risk.ts';
import { describeSignature } from './describe-signature.ts';
import type { Mlmodel } from './mlmodel.ts';
import { planServing, type ServingPlan } from './plan-serving.ts';
import type { ModelFolder, ServingInput } from './read-model.ts';
import type { ModelReport } from './report.ts';

const MAX_BIGGEST = 5;
const MAX_BODY_BYTES = 4 * 1024;

/** The report on a folder that was read, with the first bytes of its files. */
export const describeModel = (folder: ModelFolder, heads: Heads, builder: BuilderTraits): ModelReport => {
  const plan = planServing(folder);
  const mlmodel = folder.mlmodel?.kind === 'parsed' ? folder.mlmodel.mlmodel : undefined;
  const environment = plan.kind === 'python' ? describeEnvironment(plan.environment, builder) : undefined;
  const refused = environment?.kind === 'refused' ? environment : plan.kind === 'refused' ? plan.refusal : undefined;
  return {
    serving: refused ? { kind: 'refused', code: refused.code, message: refused.message } : servingOf(plan),
    ...(mlmodel ? { model: modelOf(mlmodel) } : {}),
    files: filesOf(folder.listing),
    ...(mlmodel?.signature ? { signature: mutable(describeSignature(mlmodel.signature)) } : {}),
    examples: examplesOf(folder),
    ...(environment?.kind === 'described' ? { environment: environment.environment } : {}),
    risk: describeRisk(plan, { mlmodel, listing: folder.listing, heads }),
    missing: missingOf(folder, plan, environment?.kind === 'described' ? environment.warnings : []),
  };
};

const servingOf = (plan: ServingPlan): ModelReport['serving'] => {
  switch (plan.kind) {
    case 'onnx':
      return { kind: 'servable', server: 'node', why: 'it has the onnx flavor, a graph that runs without Python' };
    case 'python': {
      const why = plan.customScript ? `${plan.customScript} defines \`init\` and \`run\`` : `${plan.loader} loads it`;
      return { kind: 'servable', server: 'python', why };
    }
    case 'refused':
      return { kind: 'refused', code: plan.refusal.code, message: plan.refusal.message };
    default:
      return plan satisfies never;
  }
};

const modelOf = (mlmodel: Mlmodel): NonNullable<ModelReport['model']> => {
  const { flavors, mlflow_version: mlflowVersion, run_id: runId } = mlmodel;
  const known = {
    loader: flavors.python_function?.loader_module,
    mlflowVersion,
    runId,
    modelId: mlmodel.model_id,
    createdAt: createdAt(mlmodel),
  };
  return {
    flavors: Object.entries(flavors).map(([name, flavor]) => ({ name, versions: versionsOf(flavor) })),
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => typeof value === 'string' && value !== '')),
  };
};

/** Such as `{"sklearn": "1.9.1"}`, of the fields that end in `_version`. */
const versionsOf = (flavor: unknown): Record<string, string> => {
  const fields = typeof flavor === 'object' && flavor !== null ? Object.entries(flavor) : [];
  const versions = fields.filter(([key, value]) => key.endsWith('_version') && typeof value === 'string');
  return Object.fromEntries(versions.map(([key, value]) => [key.slice(0, -'_version'.length), String(value)]));
};

/** MLflow writes UTC without saying so. */
const createdAt = ({ utc_time_created: created }: Mlmodel): string | undefined => {
  const time = Date.parse(`${/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}/.exec(created ?? '')?.[0].replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
};

const filesOf = (listing: readonly ModelFile[]): NonNullable<ModelReport['files']> => ({
  count: listing.length,
  sizeBytes: totalBytes(listing),
  biggest: listing
    .toSorted((a, b) => b.size - a.size)
    .slice(0, MAX_BIGGEST)
    .map(({ path, size }) => ({ path, sizeBytes: size })),
});

const examplesOf = ({ listing, servingInput, mlmodel }: ModelFolder): NonNullable<ModelReport['examples']> => {
  const named = mlmodel?.kind === 'parsed' ? mlmodel.mlmodel.saved_input_example_info?.artifact_path : undefined;
  const input = listing.find(({ path }) => path === (named ?? 'input_example.json'));
  return {
    ...(input ? { input: { path: input.path, sizeBytes: input.size } } : {}),
    ...(servingInput ? { serving: bodyOf(servingInput) } : {}),
  };
};

const bodyOf = ({ path, content }: ServingInput) => {
  const sizeBytes = Buffer.byteLength(content);
  return { path, sizeBytes, ...(sizeBytes <= MAX_BODY_BYTES ? { body: content } : {}) };
};

const missingOf = (
  { servingInput, mlmodel }: ModelFolder,
  plan: ServingPlan,
  warnings: readonly string[],
): ModelReport['missing'] => {
  if (plan.kind === 'refused') return [];
  const parsed = mlmodel?.kind === 'parsed' ? mlmodel.mlmodel : undefined;
  return [
    ...(parsed === undefined || parsed.signature?.inputs
      ? []
      : [
          {
            what: 'no signature: requests reach the model unchecked, and drift cannot be watched by column',
            fix: 'Log it with `signature=infer_signature(inputs, outputs)`.',
          },
        ]),
    ...(servingInput
      ? []
      : [
          {
            what: 'no input example: there is nothing to smoke-test a deployment with',
            fix: 'Log it with `input_example=inputs.head(3)`.',
          },
        ]),
    ...warnings.map(toAdvice),
  ];
};

/** A warning reads `<what>. <fix>`. */
const toAdvice = (warning: string): ModelReport['missing'][number] => {
  const [, what = warning, fix = ''] = /^(.*?)\. (.*)$/s.exec(warning) ?? [];
  return { what, fix };
};

const mutable = ({ inputs, outputs, params }: ReturnType<typeof describeSignature>) => ({
  inputs: [...inputs],
  outputs: [...outputs],
  params: [...params],
});
