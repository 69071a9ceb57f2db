import { badRequest } from './scoring-error.ts';

export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One field and what ends it, at the scanner's position: quoted with doubled quotes inside, or plain. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/**
 * The header and the rows of a CSV text. Blank lines are skipped.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 * @throws ScoringError 400 when a quote is left open, there is no header, or a row has more fields than the header
 */
export const parseCsv = (text: string): CsvTable => {
  const [header, ...rows] = readRecords(text.startsWith('\ufeff') ? text.slice(1) : text);
  if (header === undefined) throw badRequest('The CSV body is empty; it needs a header line with the column names');
  for (const [index, row] of rows.entries()) {
    if (row.length > header.length) {
      throw badRequest(`CSV row ${index + 1} has ${row.length} fields, but the header has ${header.length}`);
    }
  }
  return { header, rows };
};

const readRecords = (text: string): string[][] => {
  const records: string[][] = [];
  let record: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length || record.length > 0) {
    const at = FIELD.lastIndex;
    const match = FIELD.exec(text);
    if (!match) throw badRequest(`The CSV body has a stray or unclosed quote near character ${at}`);
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    const isBlank = record.length === 1 && match[1] === undefined && record[0] === '';
    if (!isBlank) records.push(record);
    record = [];
  }
  return records;
};
