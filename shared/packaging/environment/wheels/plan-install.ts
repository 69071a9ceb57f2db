import { createHash } from 'node:crypto';
import { compareBytes, pathProblem } from '../../files/file-path.ts';
import { consoleScriptText, scriptText } from './entry-points.ts';
import type { Wheel } from './read-wheel.ts';
import type { WheelMember } from './read-zip.ts';
import { formatRecord, type RecordRow } from './record.ts';
import { WheelRefused } from './wheel-refused.ts';

/** Where environments are in an image. */
export const ENVIRONMENT_ROOT = 'opt/env';

/** Names how wheels become files; part of every layer key, so it changes whenever a byte would. */
export const INSTALL_LAYOUT = 'wheels1';

/** One file as it will be in the image. */
export interface InstalledFile {
  /** In the image, without a leading `/`. */
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  /** Hex. For a member: what RECORD says, which is compared when the layer is there; absent when RECORD does not list it. */
  readonly sha256?: string;
  readonly content:
    | { readonly kind: 'member'; readonly member: WheelMember }
    | { readonly kind: 'text'; readonly text: string };
}

/** Written anew, or about signatures that nobody checks. */
const LEFT_OUT = ['RECORD', 'RECORD.jws', 'RECORD.p7s', 'INSTALLER', 'REQUESTED', 'direct_url.json'];

/** Folder of the packages, for a Python of this minor. */
export const sitePackages = (python: string): string => `${ENVIRONMENT_ROOT}/lib/python${python}/site-packages`;

/**
 * The files that installing the wheel makes, in order of path: as pip would make them, with two differences. Commands
 * find the environment by where they are, because no interpreter on the path knows of it; and nothing is compiled,
 * because that needs the very Python it will run on. RECORD lists what was installed, so that tools which look into the
 * image (bills of materials, `importlib.metadata`) find what they expect.
 *
 * @throws WheelRefused for files outside the places that a wheel may write to
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#installing-a-wheel-distribution-1-0-py32-none-any-whl
 */
export const planInstall = (wheel: Wheel, python: string): readonly InstalledFile[] => {
  const { archive, distInfo } = wheel;
  const site = sitePackages(python);
  const left = new Set(LEFT_OUT.map((name) => `${distInfo}/${name}`));
  const members = archive.members
    .filter(({ path }) => !left.has(path))
    .map((member) => installedMember(wheel, python, member));
  const commands = wheel.scripts.map((script) =>
    textFile(`${ENVIRONMENT_ROOT}/bin/${script.name}`, consoleScriptText(script, python), true),
  );
  const files = [...members, ...commands, textFile(`${site}/${distInfo}/INSTALLER`, 'slipway\n')];
  const record = `${site}/${distInfo}/RECORD`;
  requireUnique(archive.fileName, [...files, { path: record }]);
  const sorted = files.sort((a, b) => compareBytes(a.path, b.path));
  const rows: readonly RecordRow[] = [...sorted.map((file) => rowOf(file, site)), { path: `${distInfo}/RECORD` }];
  return [...sorted, textFile(record, formatRecord(rows))];
};

const installedMember = (wheel: Wheel, python: string, member: WheelMember): InstalledFile => {
  const path = destination(wheel, python, member.path);
  const isScript = member.path.startsWith(`${wheel.data}/scripts/`);
  const rewrite = wheel.rewrites.get(member.path);
  if (rewrite !== undefined) return textFile(path, scriptText(rewrite, python), true);
  const sha256 = wheel.record.get(member.path)?.sha256;
  return {
    path,
    size: member.size,
    executable: member.executable || isScript,
    ...(sha256 === undefined ? {} : { sha256 }),
    content: { kind: 'member', member },
  };
};

const destination = ({ archive, data, name }: Wheel, python: string, path: string): string => {
  const site = sitePackages(python);
  if (!path.startsWith(`${data}/`)) return `${site}/${path}`;
  const [scheme = '', ...rest] = path.slice(data.length + 1).split('/');
  const folder = new Map([
    ['purelib', site],
    ['platlib', site],
    ['scripts', `${ENVIRONMENT_ROOT}/bin`],
    ['headers', `${ENVIRONMENT_ROOT}/include/site/python${python}/${name}`],
    ['data', ENVIRONMENT_ROOT],
  ]).get(scheme);
  const to = rest.join('/');
  if (folder !== undefined && pathProblem(to) === undefined) return `${folder}/${to}`;
  throw new WheelRefused(archive.fileName, `has the member '${path}', which belongs nowhere`);
};

const textFile = (path: string, text: string, executable = false): InstalledFile => ({
  path,
  size: Buffer.byteLength(text),
  executable,
  sha256: createHash('sha256').update(text).digest('hex'),
  content: { kind: 'text', text },
});

/** RECORD's paths begin at the folder of the packages. */
const rowOf = ({ path, sha256, size }: InstalledFile, site: string): RecordRow => ({
  path: path.startsWith(`${site}/`)
    ? path.slice(site.length + 1)
    : `../../../${path.slice(ENVIRONMENT_ROOT.length + 1)}`,
  ...(sha256 === undefined ? {} : { sha256 }),
  size,
});

const requireUnique = (fileName: string, files: readonly Pick<InstalledFile, 'path'>[]): void => {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (seen.has(path)) throw new WheelRefused(fileName, `would install '/${path}' twice`);
    seen.add(path);
  }
};
