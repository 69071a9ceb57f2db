import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';
import { codeBlock, page } from './markdown.ts';

const ROOT = new URL('../../', import.meta.url);

interface Emulator {
  readonly title: string;
  readonly folder: string;
  readonly intro: string;
  readonly missing: readonly string[];
}

const EMULATORS: readonly Emulator[] = [
  {
    title: 'Cosmos DB',
    folder: 'cosmos',
    intro:
      'The REST surface of Cosmos DB for NoSQL (`local/cosmos`), driven by the unmodified `@azure/cosmos`. Every write is on disk before the answer.',
    missing: [
      'Stored procedures, triggers, user-defined functions, users, permissions, conflicts: answered 501.',
      'The change feed of all versions and deletes; only latest versions are given.',
      'More than one region or physical partition, consistency levels, throughput limits: charges are estimates, and nothing is throttled unless a fault asks for it.',
      'SQL beyond what the list below shows, such as full-text and vector search.',
    ],
  },
  {
    title: 'Event Grid',
    folder: 'event-grid',
    intro:
      'Custom and system topics with push delivery (`local/event-grid`), driven by the unmodified `@azure/eventgrid`. Every event is on disk before the answer.',
    missing: [
      'Other destinations than webhooks and Azure Functions. Custom input schemas.',
      'Namespaces, pull delivery, partner topics, domains.',
      'Delivery with a managed identity or Entra ID.',
    ],
  },
  {
    title: 'Azure ML and Azure Monitor',
    folder: 'machine-learning',
    intro:
      'Managed online endpoints of one workspace over ARM, their scoring URIs, and the metrics of both (`local/machine-learning`). It pulls the packaged image from the layout in Blob Storage, or from the registry of `--registry`, runs it as a process, and really splits traffic.',
    missing: [
      'Isolation: a container is a process of the same user, with its image unpacked beside it. Images need no registry and hold no operating system.',
      'Jobs, data, computes, schedules, monitors, batch and serverless endpoints.',
      'Identities and role assignments: one bearer token for everything. Microsoft Entra authentication of endpoints.',
      'Instance types make no difference to speed; an instance count only raises how many requests are admitted.',
    ],
  },
  {
    title: 'Functions host',
    folder: 'host',
    intro:
      'Runs the function app as it is (`local/host`): the real `@azure/functions` library in one process, with HTTP, timer, queue, Event Grid and Cosmos DB triggers.',
    missing: [
      'Other triggers, and input or output bindings: such a function is refused at the start with its name and the reason.',
      'Scaling out, other languages, proxies, Durable Functions.',
      'The change feed of all versions and deletes.',
    ],
  },
];

const textOf = (node: ts.Node | undefined): string | undefined => {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : undefined;
};

/** `describe` or `it` of `it(…)`, `it.each(…)(…)` and the like. */
const kindOf = ({ expression }: ts.CallExpression): string | undefined => {
  if (ts.isIdentifier(expression)) return expression.text;
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return undefined;
  const { expression: owner } = expression.expression;
  return ts.isIdentifier(owner) ? owner.text : undefined;
};

/** What a test file promises, each with what it is about before it. */
const behavioursOf = (content: string, name: string): readonly string[] => {
  const found: string[] = [];
  const visit = (node: ts.Node, about: string): void => {
    let inside = about;
    if (ts.isCallExpression(node)) {
      const text = textOf(node.arguments[0]);
      const kind = text === undefined ? undefined : kindOf(node);
      if (kind === 'describe') inside = about === '' ? `${text}` : `${about}, ${text}`;
      if (kind === 'it') found.push(`${about}: ${text}`);
    }
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(ts.createSourceFile(name, content, ts.ScriptTarget.ES2022, true), '');
  return found;
};

const listOf = (folder: string): string =>
  globSync(`test/integration/${folder}/*.test.ts`, { cwd: ROOT.pathname })
    .sort()
    .flatMap((path) => behavioursOf(readFileSync(new URL(path, ROOT), 'utf8'), basename(path)))
    .map((behaviour, index) => `${index + 1}. ${behaviour.replaceAll('<', '&lt;').replaceAll('*', '\\*')}`)
    .join('\n');

/** `docs/reference/emulators.md` */
export const emulatorsPage = (): string =>
  page('Emulators', 'the names of the tests in test/integration', [
    'What the parts of the embedded stack do. Each list is the names of the tests that hold the emulator to it, most of them with the real client of the service. `%s`, `$name` and the like stand for the rows of a table in the test. Blob and Queue Storage are [Azurite](https://github.com/Azure/Azurite), unchanged.',
    'Emulators import nothing of Slipway but `shared/platform`: sharing rules with the code they test would prove nothing. What they were built from is the documentation of the services; where Azure behaves otherwise, that is a bug here.',
    'Run all of them, or one:',
    codeBlock(
      'sh',
      'npm run setup\nnpx vitest run --project integration\nnpx vitest run --project integration test/integration/cosmos',
    ),
    ...EMULATORS.flatMap(({ title, folder, intro, missing }) => [
      `## ${title}`,
      intro,
      '**Not served**',
      missing.map((line) => `- ${line}`).join('\n'),
      '**Conformance**',
      listOf(folder),
    ]),
  ]);
