import { createHash } from 'node:crypto';
import { canonicalJson } from '../../image/canonical-json.ts';
import type { LayerEncoding, LayerPlan } from '../../image/layer.ts';
import { planTar, TAR_FORMAT } from '../../image/tar.ts';
import { filesByPath, type Installation } from './combine.ts';
import { openInstalled } from './open-installed.ts';
import { INSTALL_LAYOUT, type InstalledFile } from './plan-install.ts';
import type { WheelArchive } from './read-zip.ts';

/** Wheels from this size on get a layer of their own, which all environments that hold them share. */
const BIG_WHEEL_BYTES = 8 * 1024 * 1024;

/** Runtimes stop at 127 layers; bases and models need some too. */
const MAX_BIG_LAYERS = 60;

/** A wheel with what it installs. */
export interface PlannedWheel extends Installation {
  readonly archive: WheelArchive;
  /** Of the wheel itself, in hex: whatever it installs follows from it. */
  readonly wheelSha256: string;
  readonly wheelSize: number;
}

/** Wheels in groups of one layer each, in the order of the layers: the big ones by name, then all others together. */
export const groupWheels = <Wheel extends Pick<PlannedWheel, 'title' | 'wheelSize'>>(
  wheels: readonly Wheel[],
): readonly (readonly Wheel[])[] => {
  const byName = wheels.toSorted((a, b) => (a.title < b.title ? -1 : 1));
  const big = new Set(
    byName
      .filter(({ wheelSize }) => wheelSize >= BIG_WHEEL_BYTES)
      .sort((a, b) => b.wheelSize - a.wheelSize)
      .slice(0, MAX_BIG_LAYERS),
  );
  const rest = byName.filter((wheel) => !big.has(wheel));
  return [...byName.filter((wheel) => big.has(wheel)).map((wheel) => [wheel]), ...(rest.length > 0 ? [rest] : [])];
};

/** The layer of a group of wheels, whose files do not overlap. Its key follows from the wheels, not from their files. */
export const wheelLayer = (
  group: readonly PlannedWheel[],
  { python, encoding }: { readonly python: string; readonly encoding: LayerEncoding },
): LayerPlan => {
  const archives = new Map<InstalledFile, WheelArchive>();
  for (const { archive, files } of group) for (const file of files) archives.set(file, archive);
  const files = [...archives.keys()];
  const fileAt = filesByPath(files);
  const wheels = group.map(({ wheelSha256 }) => wheelSha256).sort();
  return {
    title: group.length === 1 && group[0] ? group[0].title : `${group.length} packages`,
    tar: planTar(files),
    encoding,
    key: createHash('sha256')
      .update(canonicalJson({ layout: INSTALL_LAYOUT, format: TAR_FORMAT, mode: encoding, python, wheels }))
      .digest('hex'),
    open: (path, offset) => {
      const file = fileAt(path);
      // Every file was put in with its archive.
      return openInstalled(archives.get(file) as WheelArchive, file, offset);
    },
  };
};

/** A layer of one small text. */
export const textLayer = (path: string, text: string): LayerPlan => {
  const bytes = Buffer.from(text);
  return {
    title: path.slice(path.lastIndexOf('/') + 1),
    tar: planTar([{ path, size: bytes.length, executable: false }]),
    encoding: 'stored',
    key: undefined,
    open: async (_, offset) => [bytes.subarray(offset)],
  };
};
