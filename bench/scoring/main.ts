import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import { request } from 'undici';
import { freePort } from '../../local/free-port.ts';
import { measure } from '../support/load.ts';
import { machine } from '../support/machine.ts';
import { pythonEnvironment } from '../support/python.ts';
import { type Serving, serve } from '../support/run.ts';
import { openGraph } from './graph.ts';
import { measureInProcess } from './in-process.ts';
import { DESCRIPTIONS, type MadeModels, MODELS, type ModelName, makeModels, type Table } from './models.ts';
import { type Cost, costTable, loadTable, type Row } from './report.ts';
import { residentMiB } from './resident-memory.ts';
import type { Server } from './servers/server.ts';
import { azureMl, bareServer, mlflow, mlServer, slipwayOnnx, slipwayPython } from './servers/servers.ts';

/** Our scoring servers beside MLflow's and Azure ML's: the same models and rows over HTTP, from the same client. */
const list = (text: string): number[] => text.split(',').map(Number);

const { clients, batches, seconds, only, write } = new Command()
  .option('--clients <n>', 'clients at once', list, [1, 32])
  .option('--batches <rows>', 'rows in a request, at most 100', list, [1, 100])
  .option('--seconds <s>', 'for each figure', Number, 5)
  .option('--only <server>', 'one of: slipway onnx, slipway python, mlflow, azureml, mlserver, bare node')
  .option('--write <file>', 'write the tables into this Markdown file')
  .parse()
  .opts<{ clients: number[]; batches: number[]; seconds: number; only?: string; write?: string }>();

const PEER = 'mlflow';

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

const firstRows = ({ columns, index, data }: Table, count: number): Table => ({
  columns,
  index: index.slice(0, count),
  data: data.slice(0, count),
});

/** @throws Error when the server does not answer what all others do */
const check = async (server: Server, url: string, rows: Table, expected: readonly unknown[]): Promise<void> => {
  const { method, path, body } = server.call(rows);
  const headers = { 'content-type': 'application/json' };
  const answer = await request(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${server.name} answered ${answer.statusCode}: ${text.slice(0, 500)}`);
  const rounded = (values: readonly unknown[]) => values.map((value) => Number(Number(value).toPrecision(4)));
  const given = server.predictions(JSON.parse(text)) as readonly unknown[];
  if (isDeepStrictEqual(rounded(given), rounded(expected))) return;
  throw new Error(`${server.name} answers something else: ${text.slice(0, 200)}`);
};

const start = async (server: Server, modelFolder: string): Promise<Serving & { readonly url: string }> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { program, args, env } = server.command({ modelFolder, port });
  return { url, ...(await serve(program, args, { env, readyUrl: `${url}${server.readyPath}` })) };
};

const measureServer = async (server: Server, model: ModelName, made: MadeModels) => {
  const rows: Row[] = [];
  const graph = await openGraph(join(made.folder(model, 'onnx'), 'model.onnx'));
  const expected = await graph.predict(made.rows.data);
  const startedAt = performance.now();
  const running = await start(server, made.folder(model, server.form));
  try {
    await check(server, running.url, firstRows(made.rows, 1), expected.slice(0, 1));
    const firstAnswerMs = performance.now() - startedAt;
    await check(server, running.url, made.rows, expected);
    const idleMiB = await residentMiB(running.pid);
    for (const batch of batches) {
      const call = server.call(firstRows(made.rows, batch));
      await measure(running.url, () => call, { clients: 4, seconds: Math.min(2, seconds) });
      for (const count of clients) {
        const measured = await measure(running.url, () => call, { clients: count, seconds });
        rows.push({ ...measured, server: server.name, model, rows: batch, clients: count });
        progress(`${model}, ${server.name}: ${batch} rows, ${count} clients: ${Math.round(measured.perSecond)}/s`);
      }
    }
    const loadedMiB = await residentMiB(running.pid);
    const installedBytes = await server.installedBytes();
    return { rows, cost: { server: server.name, model, firstAnswerMs, idleMiB, loadedMiB, installedBytes } };
  } finally {
    await running.stop();
  }
};

const bin = await pythonEnvironment(new URL('requirements.txt', import.meta.url));
const azureMlBin = await pythonEnvironment(new URL('requirements-azureml.txt', import.meta.url));
const mlServerBin = await pythonEnvironment(new URL('requirements-mlserver.txt', import.meta.url));
const servers = [
  ...[await slipwayOnnx(), slipwayPython(bin), bareServer],
  ...[mlflow(bin), azureMl(azureMlBin), mlServer(mlServerBin)],
].filter(({ name }) => only === undefined || name === only);
progress('training and converting the models');
const made = await makeModels(bin);
const rows: Row[] = [];
const costs: Cost[] = [];
try {
  for (const model of MODELS) {
    for (const server of servers) {
      const measured = await measureServer(server, model, made);
      rows.push(...measured.rows);
      costs.push(measured.cost);
    }
    const graph = await openGraph(join(made.folder(model, 'onnx'), 'model.onnx'));
    for (const batch of batches) {
      const alone = await measureInProcess(graph, firstRows(made.rows, batch), seconds);
      rows.push({ ...alone, server: 'onnxruntime-node alone', model, rows: batch, clients: 0 });
    }
  }
} finally {
  await made.remove();
}

const sorted = rows.toSorted((a, b) => a.model.localeCompare(b.model) || a.rows - b.rows || a.clients - b.clients);
const text = [
  `Machine: ${machine()}; ${seconds} s per figure; the load generator runs on the same machine.`,
  '',
  ...MODELS.map((model) => `- ${model}: ${DESCRIPTIONS[model]}`),
  ...servers.map(({ name, description }) => `- ${name}: ${description}`),
  '- onnxruntime-node alone: the graph run in one process, one run after the other, without HTTP',
  '',
  loadTable(sorted, PEER),
  '',
  costTable(costs),
  '',
].join('\n');
process.stdout.write(text);
if (write !== undefined) await writeFile(write, `# Scoring, side by side\n\n${text}`);
