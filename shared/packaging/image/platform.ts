/** What an image runs on, in the words of Go: `linux`, `amd64`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

export const LINUX_AMD64: Platform = { os: 'linux', architecture: 'amd64' };

/** `linux/amd64`, or `linux/arm/v7`. */
export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join('/');

/** Whether what is there serves what is wanted; a wish without variant takes any. */
export const isPlatform = (there: Platform, wanted: Platform): boolean =>
  there.os === wanted.os &&
  there.architecture === wanted.architecture &&
  (wanted.variant === undefined || (there.variant ?? DEFAULT_VARIANTS[there.architecture]) === wanted.variant);

/** Left out as often as written. */
const DEFAULT_VARIANTS: Readonly<Record<string, string>> = { arm64: 'v8' };
