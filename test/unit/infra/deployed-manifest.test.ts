import { describe, expect, it } from 'vitest';
import { toDeployedManifest } from '../../../infra/deployed-manifest.ts';

const MANIFEST = {
  name: 'slipway',
  version: '0.1.0',
  main: 'dist/functions/main.js',
  dependencies: { '@azure/functions': '4.16.5', '@azure/cosmos': '4.10.1', 'onnxruntime-node': '1.30.0', zod: '4.6.7' },
};

const dependenciesFor = (bundle: string) => toDeployedManifest(MANIFEST, [bundle]).dependencies;

describe('the package.json that is uploaded', () => {
  it.each([
    ['an import', 'import{app}from"@azure/functions";', { '@azure/functions': '4.16.5' }],
    ['an import for its effect', 'import "@azure/functions";', { '@azure/functions': '4.16.5' }],
    ['a dynamic import', "await import('onnxruntime-node')", { 'onnxruntime-node': '1.30.0' }],
    ['a require', 'const core = __require("@azure/functions");require("zod/v4")', { zod: '4.6.7' }],
    ['a deep import', 'import x from "@azure/cosmos/dist/x.js";', { '@azure/cosmos': '4.10.1' }],
    ['Node and files', 'import fs from "node:fs";import "./chunk.js";', {}],
  ])('installs what the bundle still imports: %s', (_what, bundle, expected) => {
    expect(dependenciesFor(bundle)).toEqual(expected);
  });

  it('keeps the entry point and leaves scripts and developer tools behind', () => {
    expect(toDeployedManifest(MANIFEST, [''])).toEqual({
      name: 'slipway',
      version: '0.1.0',
      private: true,
      type: 'module',
      main: 'dist/functions/main.js',
      engines: { node: '24.x' },
      dependencies: {},
    });
  });
});
