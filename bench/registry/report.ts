import type { Measured } from '../support/load.ts';

/** One measured cell: a server, a call, a size, a number of clients. */
export interface Row extends Measured {
  readonly server: string;
  readonly call: string;
  readonly versions: number;
  readonly clients: number;
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

const cells = ({ perSecond, p50Ms, p99Ms, failed }: Measured): string =>
  `${number(perSecond)} | ${number(p50Ms)} | ${number(p99Ms)}${failed > 0 ? ` (${failed} failed)` : ''}`;

/** A Markdown table, one line per call, size and number of clients; ratios are ours to the first peer's. */
export const report = (rows: readonly Row[], ours: string): string => {
  const servers = [...new Set(rows.map(({ server }) => server))];
  const peers = servers.filter((server) => server !== ours);
  const header = [
    'call | versions | clients',
    ...servers.map((server) => `${server}: requests/s | p50 ms | p99 ms`),
    ...peers.map((peer) => `× ${peer} | p99 ÷`),
  ].join(' | ');
  const columns = header.split(' | ').length;
  const keyOf = ({ call, versions, clients }: Row): string => `${call} | ${versions.toLocaleString('en')} | ${clients}`;
  const lines = [...new Set(rows.map(keyOf))].map((key) => {
    const of = (server: string) => rows.find((row) => row.server === server && keyOf(row) === key);
    const own = of(ours);
    const ratios = peers.map((peer) => {
      const other = of(peer);
      if (own === undefined || other === undefined) return '– | –';
      return `${number(own.perSecond / other.perSecond)} | ${number(own.p99Ms / other.p99Ms)}`;
    });
    const measured = servers.map((server) => {
      const found = of(server);
      return found === undefined ? '– | – | –' : cells(found);
    });
    return [key, ...measured, ...ratios].join(' | ');
  });
  return [header, Array.from({ length: columns }, () => '---').join(' | '), ...lines]
    .map((line) => `| ${line} |`)
    .join('\n');
};
