import * as z from 'zod';
import type { PackageDocument } from '../../../shared/packaging/package-document.ts';

const instant = z.iso.datetime();
const ms = z.number().int().min(0);

const layer = z.object({
  title: z.string(),
  digest: z.string(),
  sizeBytes: z.number().int(),
  arrival: z
    .enum(['known', 'mounted', 'sent'])
    .describe('`known`: it was there; `mounted`: another repository had it; `sent`: its bytes were stored.'),
});

const environment = z.object({
  key: z.string().describe('The same for every model that needs the same packages.'),
  image: z.string().describe('Reference by digest.'),
  digest: z.string(),
  python: z.object({
    wanted: z.string().describe('Minor version that the model was logged with.'),
    used: z.string().describe('Minor version that runs it.'),
  }),
});

const conversion = z.object({
  used: z.boolean().describe('True when the graph is what is served.'),
  tolerance: z.number(),
  maxDifference: z.number().optional().describe('Largest difference of an answer on the compared rows.'),
  maxRelativeDifference: z
    .number()
    .optional()
    .describe('The same as a share of what the model answers, or of 1 when that is less.'),
  rows: z.number().int().optional().describe('How many rows were compared.'),
  speedUp: z
    .object({ factor: z.number(), pythonMs: z.number(), onnxMs: z.number() })
    .optional()
    .describe('How many times faster one row is answered in process; medians.'),
  reason: z.string().optional().describe('Why the graph is not served.'),
});

const contents = z.object({
  server: z.enum(['onnx', 'python']).describe('`onnx`: the Node server runs the graph; `python`: MLflow’s own code.'),
  modelDigest: z.string().describe('Digest of the model’s files, the same for the same files.'),
  layers: z.array(layer).describe('Of server and model; those of an environment come before them.'),
  sentBytes: z.number().int().describe('Bytes of layers that had to be sent.'),
  environment: environment.optional().describe('The Python environment, for the server `python`.'),
  conversion: conversion.optional().describe('What came of converting a Python model, where the policy asked for it.'),
  sbom: z.string().describe('Digest of the bill of materials that refers to the image.'),
  provenance: z.string().describe('Digest of the statement of how the image was built.'),
  signature: z.string().optional().describe('Digest of its signature, where images are signed.'),
  durationsMs: z
    .object({
      model: ms.describe('Finding and reading the model’s files.'),
      environment: ms.describe('Waiting for the environment; 0 when it was there.'),
      plan: ms.describe('Reading what the image is built on.'),
      layers: ms.describe('Reading, hashing and sending layers.'),
      manifest: ms,
      attachments: ms.describe('Bill of materials, provenance and signature.'),
    })
    .describe('Milliseconds.'),
  warnings: z.array(z.string()).describe('Sentences for the person who logged the model.'),
});

/** A package in our own API. */
export const packageView = z.object({
  model: z.string(),
  version: z.string(),
  phase: z.enum(['requested', 'built', 'refused']),
  requestedAt: instant,
  endedAt: instant.optional().describe('When it was built or refused.'),
  waitingFor: z
    .object({ environment: z.string().describe('Key of the environment that is being built.'), since: instant })
    .optional()
    .describe('Why it is not built yet.'),
  image: z.string().optional().describe('Reference by digest.'),
  digest: z.string().optional(),
  sizeBytes: z.number().int().optional().describe('Stored bytes of all layers, config and manifest.'),
  durationMs: ms.optional(),
  hasExample: z.boolean().optional().describe('True when it holds a request that rollouts try it with.'),
  contents: contents.optional(),
  refused: z
    .object({ code: z.string(), message: z.string() })
    .optional()
    .describe('Why there is none, and what to do about it.'),
  causedBy: z.string(),
  correlationId: z.string(),
});

/** What a package is, under the name that its model has now. */
export const toPackageView = (document: PackageDocument, model: string): z.output<typeof packageView> => {
  const { version, requestedAt, causedBy, correlationId } = document;
  const base = { model, version, requestedAt, causedBy, correlationId };
  switch (document.phase) {
    case 'requested': {
      const { phase, waitingFor } = document;
      return { ...base, phase, ...(waitingFor === undefined ? {} : { waitingFor }) };
    }
    case 'built': {
      const { phase, builtAt, image, digest, sizeBytes, durationMs, servingInput, contents: held } = document;
      return {
        ...base,
        ...{ phase, endedAt: builtAt, image, digest, sizeBytes, durationMs },
        hasExample: servingInput !== undefined,
        ...(held === undefined
          ? {}
          : { contents: { ...held, layers: [...held.layers], warnings: [...held.warnings] } }),
      };
    }
    case 'refused': {
      const { phase, refusedAt, code, message } = document;
      return { ...base, phase, ...(refusedAt === undefined ? {} : { endedAt: refusedAt }), refused: { code, message } };
    }
    default:
      return document satisfies never;
  }
};
