import * as z from 'zod';
import { defineEvent } from './define-event.ts';

const key = z.string().describe('Names the environment by its content.');
const builder = z.string().describe('Which builder was asked.');

export const environmentBuilt = defineEvent({
  type: 'slipway.environment.built',
  summary: 'The image of a Python environment was built; models that ask for the same one share it.',
  subject: 'environments/{key}',
  data: z.object({
    key,
    image: z.string().describe('Reference by digest.'),
    python: z.string().describe('Minor that it runs.'),
    builder,
    sizeBytes: z.number().int().nonnegative(),
    durationMs: z.number().int().nonnegative(),
  }),
  example: {
    subject: 'environments/3f2a9c0d5b7e41688a1c2d3e4f506172',
    data: {
      key: '3f2a9c0d5b7e41688a1c2d3e4f506172',
      image: 'registry.example/env/mlflow@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      python: '3.11',
      builder: 'wheels',
      sizeBytes: 268_435_456,
      durationMs: 3_100,
    },
  },
});

export const environmentFailed = defineEvent({
  type: 'slipway.environment.failed',
  summary: 'A Python environment could not be built, and the message says what to do about it.',
  subject: 'environments/{key}',
  data: z.object({
    key,
    python: z.string().describe('Minor that was asked for.'),
    builder,
    code: z.string(),
    message: z.string(),
  }),
  example: {
    subject: 'environments/3f2a9c0d5b7e41688a1c2d3e4f506172',
    data: {
      key: '3f2a9c0d5b7e41688a1c2d3e4f506172',
      python: '3.11',
      builder: 'wheels',
      code: 'no-matching-version',
      message: "The index has no version 9.9.9 of 'numpy'. Pin one that it has, or name the index that has it.",
    },
  },
});
