/** One line of a wheel's `RECORD`. */
export interface RecordRow {
  readonly path: string;
  /** Hex; absent where the line says none. */
  readonly sha256?: string;
  readonly size?: number;
}

/**
 * The rows of a `RECORD` by path. Hashes other than sha256 are not looked at.
 *
 * @see https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
 */
export const parseRecord = (text: string): ReadonlyMap<string, RecordRow> =>
  new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map((line) => {
        const [path = '', hash = '', size = ''] = fieldsOf(line);
        const digest = /^sha256=([\w-]+)={0,2}$/.exec(hash)?.[1];
        const row: RecordRow = {
          path: path.replace(/^\.\//, ''),
          ...(digest === undefined ? {} : { sha256: Buffer.from(digest, 'base64url').toString('hex') }),
          ...(/^\d+$/.test(size) ? { size: Number(size) } : {}),
        };
        return [row.path, row] as const;
      }),
  );

/** The file that names these rows, in their order. */
export const formatRecord = (rows: readonly RecordRow[]): string =>
  rows
    .map(({ path, sha256, size }) => {
      const hash = sha256 === undefined ? '' : `sha256=${Buffer.from(sha256, 'hex').toString('base64url')}`;
      return `${quoted(path)},${hash},${size ?? ''}\n`;
    })
    .join('');

const quoted = (field: string): string => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** The fields of a line of comma-separated values; a path may hold commas, so it may be in quotes. */
const fieldsOf = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, inQuotes, plain = '']) =>
    inQuotes === undefined ? plain : inQuotes.replaceAll('""', '"'),
  );
