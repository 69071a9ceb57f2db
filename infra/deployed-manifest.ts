export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly main: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const IMPORTED = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"'.][^"']*)["']/g;

/** The package of a specifier: `@scope/name/deep` is of `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/**
 * The package.json that is uploaded: it installs just what the bundles still import, so that packages with native
 * parts are fetched for the machine that runs them, and everything else is inside the bundle.
 */
export const toDeployedManifest = (manifest: Manifest, bundles: readonly string[]) => {
  const imported = new Set(
    bundles.flatMap((bundle) => [...bundle.matchAll(IMPORTED)].map(([, name]) => packageOf(name ?? ''))),
  );
  return {
    name: manifest.name,
    version: manifest.version,
    private: true,
    type: 'module',
    main: manifest.main,
    engines: { node: '24.x' },
    dependencies: Object.fromEntries(Object.entries(manifest.dependencies).filter(([name]) => imported.has(name))),
  } as const;
};
