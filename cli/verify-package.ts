import pc from 'picocolors';
import { type ImageReference, imageReference, repositoryName } from '../shared/packaging/image/image-name.ts';
import type { LayerEncoding } from '../shared/packaging/image/layer.ts';
import type { PackagedServer } from '../shared/packaging/plan-image.ts';
import { type Difference, type Verification, verifyPackage } from '../shared/packaging/verify-package.ts';
import { type ImagePlace, type NamedImage, openPlace, parseImageName } from './image-place.ts';
import { readImage, type StoredImage } from './read-image.ts';
import { onnxServer, readServable } from './read-servable.ts';
import { CommandFailed, EXIT } from './report-failure.ts';
import { plain, say, withProgress } from './terminal.ts';

export interface VerifyFlags {
  readonly encoding: LayerEncoding;
  readonly json: boolean;
}

/** Says whether an image is what a model folder gives. */
export const verifyCommand = async (folder: string, name: string, flags: VerifyFlags): Promise<void> => {
  const verification = await withProgress(`reading ${folder}`, () => verify(folder, parseImageName(name), flags));
  process.exitCode = verification.kind === 'equal' ? EXIT.done : EXIT.refused;
  say(flags.json ? JSON.stringify(verification, null, 2) : lines(verification).join('\n'));
};

const verify = async (folder: string, named: NamedImage, { encoding }: VerifyFlags): Promise<Verification> => {
  const image = await readImage(openPlace(named.place).images, named);
  const { 'io.slipway.model.name': name, 'io.slipway.model.version': version } = image.annotations;
  if (name === undefined || version === undefined) {
    throw new CommandFailed('the image does not say which model it holds, so it was not made by Slipway.');
  }
  const { images } = openPlace(placeOf(named, repositoryName(name)));
  const { model } = await readServable(folder);
  const base = baseOf(image, images.registry);
  const services = { images, server: onnxServer(), base, profile: { encoding } };
  const server = serverOf(image, images.registry);
  return verifyPackage(services, { ...model, name, version, server }, image.digest);
};

/** A registry is named with the path that is before all of its models. */
const placeOf = ({ place, repository }: NamedImage, ofModel: string): ImagePlace => {
  if (place.kind === 'folder' || repository === ofModel) return place;
  if (!repository.endsWith(`/${ofModel}`)) {
    throw new CommandFailed(`the image says it holds the model of ${ofModel}, but is in ${repository}.`);
  }
  return { kind: 'registry', registry: `${place.registry}/${repository.slice(0, -ofModel.length - 1)}` };
};

const serverOf = ({ annotations }: StoredImage, registry: string): PackagedServer => {
  const { 'io.slipway.environment.key': key, 'io.slipway.environment.image': image } = annotations;
  if (key === undefined || image === undefined) return { kind: 'onnx' };
  const { repository, reference } = imageReference(image, registry);
  return { kind: 'environment', key, repository, digest: reference };
};

/** What onnx images are built on; a Python image is built on its environment. */
const baseOf = ({ annotations }: StoredImage, registry: string): ImageReference | undefined => {
  const name = annotations['org.opencontainers.image.base.name'];
  return name === undefined ? undefined : imageReference(name, registry);
};

const lines = (verification: Verification): readonly string[] => {
  if (verification.kind === 'equal') return [`${pc.green('equal')} the folder gives ${verification.digest}`];
  const { derivedDigest, differences } = verification;
  return [
    `${pc.red('different')} the folder gives ${derivedDigest}`,
    '',
    ...shown(differences).map((one) => `  ${plain(text(one))}`),
  ];
};

/** Labels are annotations too: once is enough. */
const shown = (differences: readonly Difference[]): readonly Difference[] => {
  const labels = new Set(differences.flatMap((one) => (one.where === 'label' ? [one.name] : [])));
  return differences.filter((one) => one.where !== 'annotation' || !labels.has(one.name));
};

const text = (difference: Difference): string => {
  if (difference.where === 'file') return `${difference.path} is ${WORDS[difference.what]}`;
  const { where, name, stored = 'nothing', derived = 'nothing' } = difference;
  return `${where} ${name}: the image has ${stored}, the folder gives ${derived}`;
};

const WORDS = { changed: 'not what the image holds', missing: 'not in the image', unexpected: 'in the image alone' };
