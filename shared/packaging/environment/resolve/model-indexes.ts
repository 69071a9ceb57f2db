import type { Egress } from '../../../platform/http/egress.ts';
import { checkEgressUrl } from '../../../platform/http/egress.ts';
import type { PipOptions } from '../environment-spec.ts';
import { createHttpIndex } from '../wheels/http-index.ts';
import type { WheelIndex } from '../wheels/wheel-index.ts';
import type { ResolverInput } from './requirements.ts';

export interface IndexChoice {
  /** The installation's own: its index, or the wheelhouse. */
  readonly own: WheelIndex;
  /** Reaches indexes that models name; absent where nothing but the own index may be asked. */
  readonly egress?: Egress;
  readonly options: PipOptions;
  /** Wheels that requirements name by URL. */
  readonly files: ResolverInput['files'];
}

/**
 * The indexes for one environment, in the order in which they count: wheels named by URL, the model's extra indexes, and
 * its index or the installation's. Without egress what the model names is left out: the wheelhouse has it or nobody.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for an address that may not be called
 */
export const indexesFor = ({ own, egress, options, files }: IndexChoice): readonly WheelIndex[] => {
  if (egress === undefined) return [own];
  const extra = options.extraIndexUrls.map((url) => publicIndex(url, egress));
  const main = options.indexUrl === undefined ? own : publicIndex(options.indexUrl, egress);
  return [...(files.length > 0 ? [urlIndex(files, egress)] : []), ...extra, main];
};

const publicIndex = (url: string, egress: Egress): WheelIndex => {
  checkEgressUrl(url, 'allow');
  return createHttpIndex({ url, egress });
};

const urlIndex = (files: ResolverInput['files'], egress: Egress): WheelIndex => ({
  name: 'the URLs of the requirements',
  filesOf: async (project) => {
    const found = files.filter((file) => file.project === project);
    return found.length === 0 ? undefined : found;
  },
  download: (file) => createHttpIndex({ url: new URL(file.url).origin, egress }).download(file),
  metadataOf: (file) => createHttpIndex({ url: new URL(file.url).origin, egress }).metadataOf(file),
});
