import pc from 'picocolors';
import type { ModelReport } from '../shared/packaging/model/report.ts';
import { section } from './section.ts';
import { countText, plain, sizeText } from './terminal.ts';

const MAX_CHARACTERS = 200;

/** A report for the terminal, line by line. */
export const reportLines = (report: ModelReport): readonly string[] => [
  verdict(report.serving),
  '',
  ...modelLines(report),
  ...section('takes', report.signature?.inputs),
  ...section('parameters', report.signature?.params),
  ...section('gives', report.signature?.outputs),
  ...exampleLines(report),
  ...environmentLines(report),
  ...riskLines(report),
  ...missingLines(report),
];

const verdict = (serving: ModelReport['serving']): string => {
  switch (serving.kind) {
    case 'servable':
      return `${pc.green('servable')} by the ${serverName(serving.server)} server: ${plain(serving.why)}`;
    case 'refused':
      return `${pc.red('refused')} ${plain(serving.message)} ${pc.dim(`(${serving.code})`)}`;
    case 'unreachable':
      return `${pc.red('not readable')} ${plain(serving.message)}`;
    default:
      return serving satisfies never;
  }
};

const serverName = (server: 'node' | 'python'): string => (server === 'node' ? 'ONNX' : 'Python');

const modelLines = ({ model, files }: ModelReport): readonly string[] => [
  ...section(
    'flavors',
    model?.flavors.map(({ name, versions }) => `${name}${versionText(versions)}`),
  ),
  ...section('loader', one(model?.loader)),
  ...section(
    'logged',
    one([model?.mlflowVersion && `by MLflow ${model.mlflowVersion}`, model?.createdAt].filter(Boolean).join(', ')),
  ),
  ...section('run', one(model?.runId)),
  ...section('logged model', one(model?.modelId)),
  ...section(
    'files',
    files && [
      `${countText(files.count, 'file')}, ${sizeText(files.sizeBytes)}`,
      ...files.biggest.map(({ path, sizeBytes }) => `${sizeText(sizeBytes).padStart(10)}  ${path}`),
    ],
  ),
];

const versionText = (versions: Readonly<Record<string, string>>): string => {
  const texts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return texts.length === 0 ? '' : ` (${texts.join(', ')})`;
};

const exampleLines = ({ examples }: ModelReport): readonly string[] => [
  ...section('example', examples?.input && [`${examples.input.path}, ${sizeText(examples.input.sizeBytes)}`]),
  ...section(
    'request',
    examples?.serving && [examples.serving.body === undefined ? examples.serving.path : compact(examples.serving.body)],
  ),
];

const environmentLines = ({ environment }: ModelReport): readonly string[] =>
  section(
    'environment',
    environment && [
      `Python ${environment.python}, ${countText(environment.requirements, 'package')} from ${environment.file}`,
    ],
  );

const riskLines = ({ risk }: ModelReport): readonly string[] => {
  if (risk === undefined) return [];
  const files = risk.files.filter(({ runsCode }) => runsCode === risk.runsCode);
  return [
    ...section(risk.runsCode ? 'runs code' : 'runs no code', [risk.message], risk.runsCode ? pc.yellow : pc.green),
    ...section(
      '',
      files.map(({ path, format, toldBy }) => `${path}: ${format}, by its ${toldBy}`),
    ),
    ...section('', risk.unread === 0 ? undefined : [`${countText(risk.unread, 'more file')} told by name alone`]),
  ];
};

const missingLines = ({ missing }: ModelReport): readonly string[] =>
  missing.flatMap(({ what, fix }) => [
    ...section('missing', [what], pc.yellow),
    ...(fix === '' ? [] : section('', [fix])),
  ]);

const one = (text: string | undefined): readonly string[] | undefined => (text ? [text] : undefined);

/** One line, whatever layout the example was written in. */
const compact = (json: string): string => {
  const text = JSON.stringify(JSON.parse(json));
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
};
