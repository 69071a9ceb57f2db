import type { ModelFile } from '../files/model-files.ts';
import { type Heads, type JudgedFile, judgeFiles } from './code-risk.ts';
import { formatByName } from './file-format.ts';
import type { Mlmodel } from './mlmodel.ts';
import type { ServingPlan } from './plan-serving.ts';
import { isWorthReading } from './read-heads.ts';
import type { ModelReport } from './report.ts';

const MAX_FILES = 100;

const SAFE = 'Formats that hold only data: ONNX, skops, XGBoost’s JSON and UBJ, LightGBM’s text, safetensors.';

/** Which files run code when the model is loaded, and what that means for whoever serves it. */
export const describeRisk = (
  plan: ServingPlan,
  {
    mlmodel,
    listing,
    heads,
  }: { readonly mlmodel: Mlmodel | undefined; readonly listing: readonly ModelFile[]; readonly heads: Heads },
): NonNullable<ModelReport['risk']> => {
  const judged = judgeFiles(mlmodel, listing, heads);
  const loaded = plan.kind === 'onnx' ? [] : judged.filter(({ runsCode }) => runsCode);
  const code = plan.kind === 'python' ? plan.codePaths : [];
  return {
    runsCode: loaded.length > 0 || code.length > 0,
    message: messageOf(plan, loaded),
    code: [...code],
    files: judged
      .toSorted((a, b) => Number(b.runsCode) - Number(a.runsCode))
      .slice(0, MAX_FILES)
      .map(({ name: format, ...file }) => ({ ...file, format })),
    unread: listing.filter((file) => isWorthReading(file) && !heads.has(file.path)).length,
  };
};

const messageOf = (plan: ServingPlan, loaded: readonly JudgedFile[]): string => {
  if (plan.kind === 'onnx') return 'The graph is data: nothing in the folder is run.';
  const disguised = loaded.find(({ path, toldBy }) => toldBy === 'content' && formatByName(path)?.runsCode === false);
  const sentences = [
    ...(plan.kind === 'python' && plan.codePaths.length > 0
      ? [`The model’s own code runs when it is loaded: ${plan.codePaths.join(', ')}.`]
      : []),
    ...(loaded.some(({ name }) => isPickle(name))
      ? [
          `A pickle can run anything with the rights of the server when it is loaded: serve it only if you trust who logged it. ${SAFE}`,
        ]
      : []),
    ...(disguised ? [`${disguised.path} runs code when it is loaded, though it is named like data.`] : []),
  ];
  if (sentences.length > 0) return sentences.join(' ');
  return loaded.length > 0
    ? 'The folder holds files that can run code when they are loaded: serve it only if you trust who logged it.'
    : 'No file of the folder is known to run code when it is loaded.';
};

const isPickle = (format: string): boolean => /pickle/i.test(format);
