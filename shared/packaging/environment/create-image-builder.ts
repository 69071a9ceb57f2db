import { SlipwayError } from '../../platform/errors.ts';
import type { ImageStore } from '../image/ports.ts';
import type { BuildOutcome, EnvironmentBuilder } from './environment-builder.ts';
import { storedEnvironment } from './stored-environment.ts';

export interface ImageBuilderOptions {
  readonly images: ImageStore;
  /** The image that holds everything, by minor of Python: `<registry>/<repository>@sha256:…` of our registry. */
  readonly bases: Readonly<Record<string, string>>;
}

/** Takes images that somebody made: every model of one minor of Python gets the same, whatever it asks for. */
export const createImageBuilder = ({ images, bases }: ImageBuilderOptions): EnvironmentBuilder => ({
  name: 'image',
  conda: true,
  baseFor: async (python) => ({
    base: bases[python] ?? 'none',
    platform: 'linux-x86_64',
    template: 'image-1',
    server: 'image',
  }),
  async build({ spec: { python } }): Promise<BuildOutcome> {
    const reference = bases[python];
    if (reference === undefined) {
      return {
        kind: 'failed',
        code: 'python-unavailable',
        message: `There is no image for Python ${python}: name one in ENVIRONMENT_IMAGES, or log the model with ${Object.keys(bases).join(' or ') || 'another Python'}.`,
      };
    }
    const { repository, digest } = inRegistry(reference, images.registry);
    const found = await storedEnvironment(images, repository, digest);
    return found === undefined
      ? {
          kind: 'failed',
          code: 'build-failed',
          message: `The image '${reference}' is not in the registry. Push it, then refresh the environment.`,
        }
      : { kind: 'built', ...found, python: { wanted: python, used: python }, durationMs: 0 };
  },
});

const inRegistry = (reference: string, registry: string) => {
  const [name = '', digest = ''] = reference.split('@');
  if (!name.startsWith(`${registry}/`)) {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      `ENVIRONMENT_IMAGES names '${reference}', which is not in '${registry}': import it there first`,
    );
  }
  return { repository: name.slice(registry.length + 1), digest };
};
