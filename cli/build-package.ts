import pc from 'picocolors';
import { type BuiltPackage, buildPackage } from '../shared/packaging/build-package.ts';
import { imageReference } from '../shared/packaging/image/image-name.ts';
import type { LayerEncoding } from '../shared/packaging/image/layer.ts';
import { systemClock } from '../shared/platform/time.ts';
import { checkModelName } from '../shared/registry/validate.ts';
import { buildPythonEnvironment, type PythonEnvironment } from './build-python-environment.ts';
import { countedImages } from './counted-images.ts';
import { openPlace, placeFrom } from './image-place.ts';
import { onnxServer, readServable } from './read-servable.ts';
import { section } from './section.ts';
import { countText, say, sizeText, withProgress } from './terminal.ts';

export interface BuildFlags {
  readonly name: string;
  readonly version: string;
  readonly output?: string;
  readonly registry?: string;
  readonly base?: string;
  readonly encoding: LayerEncoding;
  readonly json: boolean;
}

/** Packages a model folder as an image and says what was made. */
export const buildCommand = async (folder: string, flags: BuildFlags): Promise<void> => {
  const place = placeFrom(flags);
  checkModelName(flags.name);
  const began = performance.now();
  const { built, notes } = await withProgress(`reading ${folder}`, (progress) =>
    build(folder, { ...flags, place }, progress),
  );
  if (flags.json) say(JSON.stringify(built, null, 2));
  else say(builtLines(built, notes, performance.now() - began).join('\n'));
};

type Wish = BuildFlags & { readonly place: ReturnType<typeof placeFrom> };

interface Outcome {
  readonly built: BuiltPackage;
  readonly notes: readonly string[];
}

const build = async (folder: string, wish: Wish, progress: (line: string) => void): Promise<Outcome> => {
  const { plan, model } = await readServable(folder);
  const { images, layerFacts } = openPlace(wish.place);
  const base = wish.base === undefined ? undefined : imageReference(wish.base, images.registry);
  const store = {
    images: countedImages(images, (bytes) => progress(`storing layers, ${sizeText(bytes)} read`)),
    layerFacts,
  };
  progress(plan.kind === 'python' ? 'building the Python environment' : 'storing layers');
  const environment: PythonEnvironment =
    plan.kind === 'python'
      ? await buildPythonEnvironment(store, { source: plan.environment, base, encoding: wish.encoding })
      : { server: { kind: 'onnx' }, notes: [] };
  const services = { ...store, server: onnxServer(), base, clock: systemClock, profile: { encoding: wish.encoding } };
  const request = { ...model, name: wish.name, version: wish.version, server: environment.server };
  return {
    built: await buildPackage(services, request),
    notes: [...environment.notes, ...(base === undefined ? [baseNote(plan.kind)] : [])],
  };
};

const baseNote = (kind: 'onnx' | 'python'): string => {
  const missing = kind === 'onnx' ? 'Node' : 'Python';
  return `The image does not bring ${missing}. Name an image that does with --base to run it anywhere.`;
};

const builtLines = (built: BuiltPackage, notes: readonly string[], tookMs: number): readonly string[] => [
  `${pc.green('built')} ${built.image}`,
  '',
  ...section('tag', [`${built.repository}:${built.tag}`]),
  ...section('layers', [
    `${countText(built.layers.length, 'layer')}, ${built.cacheHits} of them there already, ${sizeText(built.sentBytes)} sent`,
    ...built.layers.map(({ title, size, arrival }) => `${sizeText(size).padStart(10)}  ${title}, ${arrival}`),
  ]),
  ...section('size', [sizeText(built.sizeBytes)]),
  ...section('environment', built.environment && [built.environment.image]),
  ...section('attached', [`bill of materials ${built.sbom}`, `provenance ${built.provenance}`]),
  ...section('took', [`${(tookMs / 1_000).toFixed(1)} s`]),
  ...notes.flatMap((note) => section('note', [note], pc.yellow)),
];
