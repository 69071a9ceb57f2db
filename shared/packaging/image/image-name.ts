import { createHash } from 'node:crypto';

const COMPONENT = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

const MAX_NAME_LENGTH = 200;

/**
 * The image repository of a registered model: its name where registries allow it, else the nearest allowed form and
 * eight digits of the name's hash, so that two models never share a repository.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export const repositoryName = (model: string, prefix = 'models'): string => {
  if (COMPONENT.test(model) && model.length <= MAX_NAME_LENGTH) return `${prefix}/${model}`;
  const plain = model
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME_LENGTH)
    .replaceAll(/^-|-$/g, '');
  const hash = createHash('sha256').update(model).digest('hex').slice(0, 8);
  return `${prefix}/${plain === '' ? '' : `${plain}-`}${hash}`;
};

/** The tag of a model version's image. Deployments use the digest; the tag is for people. */
export const imageTag = (version: string): string => `v${version}`;

/** An image of one registry. */
export interface ImageReference {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/**
 * The parts of `<repository>:<tag>` or `<repository>@sha256:<hex>`, also with the name of this registry in front; the tag
 * is `latest` when there is none.
 */
export const imageReference = (text: string, registry: string): ImageReference => {
  const name = text.startsWith(`${registry}/`) ? text.slice(registry.length + 1) : text;
  const [, repository = name, tag, digest] = /^([^@]+?)(?::([^@:/]+))?(?:@(.+))?$/.exec(name) ?? [];
  return { repository, reference: digest ?? tag ?? 'latest' };
};
