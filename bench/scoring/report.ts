import type { Measured } from '../support/load.ts';

/** One measured cell. */
export interface Row extends Measured {
  readonly server: string;
  readonly model: string;
  /** In each request. */
  readonly rows: number;
  readonly clients: number;
}

/** What a server costs before and besides answering. */
export interface Cost {
  readonly server: string;
  readonly model: string;
  readonly firstAnswerMs: number;
  /** MiB before the load and after it. */
  readonly idleMiB: number | undefined;
  readonly loadedMiB: number | undefined;
  /** Of the server and what the models need, without the base image and the model. */
  readonly installedBytes: number;
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

const table = (header: readonly string[], lines: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Requests a second and latencies, one line per model, batch, number of clients and server; ratios are to the peer. */
export const loadTable = (rows: readonly Row[], peer: string): string =>
  table(
    ['model', 'rows', 'clients', 'server', 'requests/s', 'p50 ms', 'p99 ms', `× ${peer}`, 'p99 ÷'],
    rows.map((row) => {
      const other = rows.find(
        ({ server, model, rows: batch, clients }) =>
          server === peer && model === row.model && batch === row.rows && clients === row.clients,
      );
      const ratios = other ? [number(row.perSecond / other.perSecond), number(row.p99Ms / other.p99Ms)] : ['–', '–'];
      const failed = row.failed > 0 ? ` (${row.failed} failed)` : '';
      return [
        ...[row.model, String(row.rows), row.clients === 0 ? 'in process' : String(row.clients), row.server],
        ...[number(row.perSecond), number(row.p50Ms), `${number(row.p99Ms)}${failed}`, ...ratios],
      ];
    }),
  );

export const costTable = (costs: readonly Cost[]): string =>
  table(
    ['model', 'server', 'start to first answer, s', 'MiB at rest', 'MiB after the load', 'MB on top of the base image'],
    costs.map(({ model, server, firstAnswerMs, idleMiB, loadedMiB, installedBytes }) => [
      ...[model, server, (firstAnswerMs / 1000).toFixed(1)],
      ...[idleMiB, loadedMiB].map((size) => (size === undefined ? '–' : number(size))),
      number(installedBytes / 1e6),
    ]),
  );
