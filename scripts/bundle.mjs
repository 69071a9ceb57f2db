import { build } from 'esbuild';

/** One file with everything the entry point needs, as it is deployed. */
export const bundle = (entryPoint, outfile) =>
  build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'linked',
    external: [
      // The worker hands out the core itself, and the programming model must be the one copy that it knows.
      '@azure/functions',
      '@azure/functions-core',
      // Optional plug-ins of the bill of materials' library, for XML and for validation: it does without.
      'ajv-formats-draft2019',
      'libxmljs2',
      'xmlbuilder2',
    ],
    // Bundled CommonJS packages call require; the alias keeps clear of one that declares createRequire itself.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
