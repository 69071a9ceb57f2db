import pc from 'picocolors';
import { PROVENANCE_MEDIA_TYPE } from '../shared/packaging/image/provenance.ts';
import { SBOM_MEDIA_TYPE } from '../shared/packaging/image/sbom.ts';
import { openPlace, parseImageName } from './image-place.ts';
import { readImage, type StoredImage } from './read-image.ts';
import { section } from './section.ts';
import { countText, say, sizeText, withProgress } from './terminal.ts';

const ATTACHED: Readonly<Record<string, string>> = {
  [SBOM_MEDIA_TYPE]: 'bill of materials',
  [PROVENANCE_MEDIA_TYPE]: 'provenance',
};

/** Says what an image of a model holds. */
export const inspectImageCommand = async (name: string, { json }: { readonly json: boolean }): Promise<void> => {
  const named = parseImageName(name);
  const { images } = openPlace(named.place);
  const image = await withProgress(`reading ${name}`, () => readImage(images, named));
  say(json ? JSON.stringify(image, null, 2) : imageLines(`${images.registry}/${named.repository}`, image).join('\n'));
};

const imageLines = (name: string, image: StoredImage): readonly string[] => {
  const said = (key: string) => (image.annotations[key] === undefined ? undefined : [image.annotations[key]]);
  const model = said('io.slipway.model.name');
  return [
    `${pc.bold(name)}@${image.digest}`,
    '',
    ...section('model', model && [`${model[0]} version ${said('io.slipway.model.version')?.[0] ?? '?'}`]),
    ...section('content', said('io.slipway.model.content')),
    ...section('flavors', said('io.slipway.model.flavors')),
    ...section('run', said('io.slipway.run.id')),
    ...section('logged', said('org.opencontainers.image.created')),
    ...section('environment', said('io.slipway.environment.image')),
    ...section('base', said('org.opencontainers.image.base.name') ?? ['none: it does not bring what runs it']),
    ...section('runs', [
      `${image.entrypoint.join(' ')} as ${image.user ?? 'root'} on ${image.os}/${image.architecture}`,
    ]),
    ...section('platforms', image.platforms === 1 ? undefined : [String(image.platforms)]),
    ...section('layers', [
      `${countText(image.layers.length, 'layer')}, ${sizeText(image.sizeBytes)}`,
      ...image.layers.map(({ digest, size }) => `${sizeText(size).padStart(10)}  ${digest}`),
    ]),
    ...section(
      'attached',
      image.referrers.map(
        ({ artifactType = '', digest }) => `${ATTACHED[artifactType] ?? (artifactType || 'something')} ${digest}`,
      ),
    ),
  ];
};
